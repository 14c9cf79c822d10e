"""Bad inputs: JSON, and JSON Lines."""

from __future__ import annotations

import json

from tests.bad_input import one, refused, report, taken

__all__ = ["JSON", "lines_of", "row_of"]


def row_of(key: str, ship: str = "", **more: object) -> str:
    return json.dumps({"id": key, "text": report(ship or key), **more})


def lines_of(*lines: str | bytes) -> bytes:
    return b"\n".join(line.encode() if isinstance(line, str) else line for line in lines) + b"\n"


_JSON_LINES = (
    one(
        "a broken line in the middle",
        "a.jsonl",
        lines_of(row_of("Alfa"), '{"text": ', row_of("Beta")),
        taken("Alfa"),
        refused("line 2: not valid JSON (", "line 2"),
        taken("Beta"),
    ),
    one(
        "lines cut off",
        "a.jsonl",
        lines_of(row_of("Gama"), row_of("Delta"))[:-40],
        taken("Gama"),
        refused("line 2: not valid JSON (Unterminated string", "line 2"),
    ),
    one(
        "a name twice",
        "a.jsonl",
        lines_of(row_of("Eps"), '{"text": "a", "text": "b"}'),
        taken("Eps"),
        refused("line 2: the name 'text' twice in one object", "line 2"),
    ),
    one(
        "not a number",
        "a.jsonl",
        lines_of(row_of("Zeta", score=float("nan"), n=float("-inf"))),
        taken("Zeta"),
    ),
    one(
        "not a number for a text",
        "a.jsonl",
        lines_of(row_of("Etta"), '{"id": "n", "text": NaN}'),
        taken("Etta"),
        refused("line 2: no text in it", "n"),
    ),
    one(
        "half a letter in a text",
        "a.jsonl",
        lines_of(row_of("Thea"), r'{"id": "s", "text": "Ferry \ud83d."}'),
        taken("Thea"),
        refused("line 2: half of a surrogate pair in its text (at character 6)", "s"),
    ),
    one(
        "half a letter in a title",
        "a.jsonl",
        lines_of(row_of("Iota", title="Ferry \ud83d strikes")),
        taken("Iota", title="Ferry strikes"),
    ),
    one(
        "terminal codes in a title in JSON",
        "a.jsonl",
        lines_of(row_of("Kappa", title="Ferry \x1b[31mstrikes\x9b0m")),
        taken("Kappa", title="Ferry [31mstrikes 0m"),
    ),
    one(
        "a mark of direction in an outlet",
        "a.jsonl",
        lines_of(row_of("Lamda", outlet="The \u202ePost")),
        taken("Lamda", outlet="The Post"),
    ),
    one(
        "2099 in JSON",
        "a.jsonl",
        lines_of(row_of("Mu", date="2099-01-01")),
        taken("Mu", published=None),
    ),
    one(
        "a number of 5,000 digits",
        "a.jsonl",
        lines_of(row_of("Nu"), '{"text": ' + "9" * 5000 + "}"),
        taken("Nu"),
        refused("line 2: JSON with a number of thousands of digits", "line 2"),
    ),
    one(
        "a large number for a date",
        "a.jsonl",
        lines_of(row_of("Xi", date=10**300, id=1e308)),
        taken("line 1", published=None),
    ),
    one(
        "a line nested without end",
        "a.jsonl",
        lines_of(row_of("Omic"), "[" * 100_000),
        taken("Omic"),
        refused("line 2: JSON nested too deeply to be read", "line 2"),
    ),
    one(
        "a line that is a list",
        "a.jsonl",
        lines_of(row_of("Pia"), "[1, 2]", "17"),
        taken("Pia"),
        refused("line 2: not an object", "line 2"),
        refused("line 3: not an object", "line 3"),
    ),
    one(
        "a NUL in a line",
        "a.jsonl",
        lines_of(row_of("Rho"), b'{"text": "a\0b"}'),
        taken("Rho"),
        refused("line 2: a NUL byte in it (at byte 11): remove it", "line 2"),
    ),
    one(
        "a line in Latin-1",
        "a.jsonl",
        lines_of(row_of("Sigma"), b'{"id": "l", "text": "Caf\xe9"}'),
        taken("Sigma"),
        refused("line 2: not valid UTF-8 (at byte 24)", "line 2"),
    ),
    one("lines in UTF-16", "a.jsonl", (row_of("Tau") + "\n").encode("utf-16"), taken("Tau")),
    one(
        "a line of 21 MB",
        "a.jsonl",
        lambda: lines_of(row_of("Upsi"), b'{"text": "' + b"a" * 21_000_000 + b'"}'),
        taken("Upsi"),
        refused("line 2: longer than 20 MB: split it", "line 2"),
    ),
    one(
        "200,000 blank lines",
        "a.jsonl",
        lambda: b"\n" * 200_000 + lines_of(row_of("Phi")),
        taken("Phi"),
    ),
    one(
        "a hundred lines of something else",
        "a.jsonl",
        "Ferry strikes pier\n" * 200,
        refused("nothing in it can be read (line 1: not valid JSON"),
    ),
)

_JSON = (
    one(
        "a number alone", "a.json", "42", refused("JSON without an object: write articles as {...}")
    ),
    one("null alone", "a.json", "null", refused("JSON without an object")),
    one(
        "JSON cut off",
        "a.json",
        '[{"text": "Ferry strikes pier."}, {"te',
        refused("not valid JSON (Unterminated string starting at at character 36)"),
    ),
    one(
        "JSON nested without end",
        "a.json",
        '{"a":' * 100_000,
        refused("JSON nested too deeply to be read"),
    ),
    one(
        "600,000 lists",
        "a.json",
        lambda: b"[" + b"[]," * 600_000 + b"[]]",
        refused("JSON of more than 500,000"),
    ),
    one("an empty list", "a.json", "[]", refused("no articles in it")),
    one(
        "a list of texts",
        "a.json",
        '["Ferry strikes pier.", 1]',
        refused("item 1: not an object", "item 1"),
        refused("item 2: not an object", "item 2"),
    ),
    one(
        "an object without text",
        "a.json",
        '{"headline": "Ferry"}',
        refused("no column of text among 'headline'"),
    ),
    one("a list in UTF-16", "a.json", f"[{row_of('Chi')}]".encode("utf-16"), taken("Chi")),
)

JSON = (*_JSON_LINES, *_JSON)
