"""Bad inputs: tables, and what is packed."""

from __future__ import annotations

import csv
import gzip
import io
import json

from tests.bad_input import one, refused, report, taken
from tests.bad_json import lines_of, row_of

__all__ = ["PACKED", "TABLES"]


def _table(*rows: tuple[str, ...]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


TABLES = (
    one(
        "a NUL in a table",
        "a.csv",
        _table(("id", "text"), ("Ana", report("Ana")), ("b", "x\0y")),
        taken("Ana"),
        refused("line 4: a NUL byte in it (at byte 3)", "line 4"),
    ),
    one(
        "a quote that stays open",
        "a.csv",
        _table(("id", "text"), ("Bea", report("Bea"))) + 'c,"Ferry\nd,e\n',
        taken("Bea"),
        refused("line 4: a quote is opened that is never closed", "line 4"),
    ),
    one(
        "a quote in a quoted field",
        "a.csv",
        _table(("id", "text"), ("Cia", report("Cia"))) + 'd,"a "b" c"\n',
        taken("Cia"),
        refused("line 4: a quote inside a quoted field: write it twice", "line 4"),
    ),
    one(
        "ragged rows",
        "a.csv",
        _table(("id", "text"), ("Dia", report("Dia")), ("e",), ("f", "g", "h")),
        taken("Dia"),
        refused("line 4: 1 fields where the header has 2", "line 4"),
        refused("line 5: 3 fields where the header has 2", "line 5"),
    ),
    one(
        "no column of text",
        "a.csv",
        _table(("id", "name"), ("a", "b")),
        refused("no column of text among 'id', 'name'"),
    ),
    one(
        "terminal codes in a column's name",
        "a.csv",
        _table(("id", "\x1b[31mx"), ("a", "b")),
        refused("no column of text among 'id', '\\x1b[31mx'"),
    ),
    one(
        "two columns of one name",
        "a.csv",
        _table(("text", "text"), ("a", "b")),
        refused("2 columns are called 'text'"),
    ),
    one("a header alone", "a.csv", "id,text\n", refused("no articles in it")),
    one(
        "a field of 21 MB",
        "a.csv",
        lambda: _table(("id", "text"), ("Eia", report("Eia")), ("f", "a" * 21_000_000)),
        taken("Eia"),
        refused("line 4: longer than 20 MB", "line 4"),
    ),
    one(
        "a field of 150 KB",
        "a.csv",
        lambda: _table(("id", "text"), ("Fia", report("Fia") + "quay " * 30_000)).encode(),
        taken("Fia"),
    ),
    one(
        "a table in UTF-16",
        "a.csv",
        _table(("id", "text"), ("Gia", report("Gia"))).encode("utf-16"),
        taken("Gia"),
    ),
    one(
        "a table of old Macs",
        "a.csv",
        f'id,text\rHia,"{report("Hia")}"\r',
        refused("lines that end in a carriage return alone"),
    ),
    one(
        "a formula",
        "a.csv",
        _table(("id", "title", "text"), ("Iia", "=cmd|'/c calc'!A1", report("Iia"))),
        taken("Iia", title="=cmd|'/c calc'!A1"),
    ),
    one(
        "markup with a trap of attributes",
        "a.jsonl",
        lambda: lines_of(
            row_of("Jia"), json.dumps({"id": "k", "text": "<p " + "a=1 b " * 30_000 + ">x</p>"})
        ),
        taken("Jia"),
        refused("line 2: a page with too many attributes", "k"),
    ),
)

PACKED = (
    one(
        "a bomb of text",
        "a.txt.gz",
        lambda: gzip.compress(b"a" * 100_000_000),
        refused("larger than 20 MB"),
    ),
    one(
        "gzip cut off",
        "a.txt.gz",
        gzip.compress(report("Zipa").encode())[:-12],
        refused("a compressed file that is cut off"),
    ),
    one(
        "lines cut off in gzip",
        "a.jsonl.gz",
        gzip.compress(lines_of(row_of("Kia"), row_of("x" * 50)))[:-12],
        refused("a compressed file that is cut off"),
    ),
    one(
        "damaged gzip",
        "a.txt.gz",
        b"\x1f\x8b" + b"Ferry" * 20,
        refused("a damaged compressed file"),
    ),
    one("text called gzip", "a.txt.gz", report("Zipo"), refused("a damaged compressed file")),
    one(
        "gzip in gzip",
        "a.txt.gz",
        gzip.compress(gzip.compress(report("Zipi").encode())),
        refused("a compressed file, not text"),
    ),
    one(
        "a tape archive",
        "a.tar.gz",
        gzip.compress(b"a.txt" + b"\0" * 600),
        refused("not a type that is read (.tar)"),
    ),
)
