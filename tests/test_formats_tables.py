from __future__ import annotations

import csv
import io
import json
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, BinaryIO

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ingest.formats import json_file, json_lines, separated
from ingest.formats.keys import Keys
from ingest.formats.part import BadPart, Part, ReadOptions
from rag.errors import RejectedFile

Reader = Callable[[BinaryIO, ReadOptions], Iterator[Part | BadPart]]
TEXT = "The ferry struck the pier at noon."


def read(reader: Reader, content: str | bytes, **options: Any) -> list[Part | BadPart]:
    raw = content.encode() if isinstance(content, str) else content
    return list(reader(io.BytesIO(raw), ReadOptions(**options)))


def lines(*rows: object, **options: Any) -> list[Part | BadPart]:
    content = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    return read(json_lines.articles, content, **options)


def table(content: str | bytes, **options: Any) -> list[Part | BadPart]:
    return read(separated.articles, content, **options)


def whole(value: object, **options: Any) -> list[Part | BadPart]:
    content = value if isinstance(value, str) else json.dumps(value, indent=1)
    return read(json_file.articles, content, **options)


def good(parts: list[Part | BadPart]) -> list[Part]:
    assert [part for part in parts if isinstance(part, BadPart)] == []
    return [part for part in parts if isinstance(part, Part)]


def faults(parts: list[Part | BadPart]) -> list[str]:
    return [part.reason for part in parts if isinstance(part, BadPart)]


def refusal(reader: Reader, content: str | bytes, **options: Any) -> str:
    with pytest.raises(RejectedFile) as caught:
        read(reader, content, **options)
    return str(caught.value)


STATED = ("Ferry strikes pier", "The Harbour Post", date(2024, 5, 3), "Jane Doe")
URL = "https://post.example/ferry"


@pytest.mark.parametrize(
    "row",
    [
        {
            "_id": "a1",
            "title": STATED[0],
            "text": TEXT,
            "metadata": {"url": URL, "published": "2024-05-03", "outlet": STATED[1],
                         "authors": ["Jane Doe"]},
        },
        {"ID": "a1", "Headline": STATED[0], "Body": TEXT, "Publisher": {"name": STATED[1]},
         "datePublished": "2024-05-03T23:30:00-05:00", "author": {"name": "Jane Doe"},
         "Link": URL},
        {"uuid": "a1", "title": STATED[0], "maintext": TEXT, "source": STATED[1],
         "date_publish": "2024-05-03 10:00:00", "authors": [{"name": "Jane Doe"}],
         "permalink": URL},
        {"guid": "a1", "title": STATED[0], "full_text": TEXT, "site": STATED[1],
         "pubDate": "Fri, 03 May 2024 10:00:00 GMT", "byline": "Jane Doe", "url": URL},
        {"id": "a1", "title": STATED[0], "Full Text": TEXT, "publication": STATED[1],
         "publish-date": 20240503, "author": "Jane  Doe\n", "url": URL},
        {"id": "a1", "title": STATED[0], "text": "", "content": TEXT, "source": URL,
         "domain": STATED[1], "date": "May 3, 2024", "author": "Jane Doe", "url": URL},
    ],
    ids=["BEIR", "capitals", "news-please", "feed", "spaces", "the next name"],
)  # fmt: skip
def test_the_usual_names_are_known_whatever_their_case(row: dict[str, object]) -> None:
    (part,) = good(lines(row))
    stated = part.stated
    assert (stated.title, stated.outlet, stated.published, stated.byline) == STATED
    assert (part.text, part.key, stated.url) == (TEXT, "a1", URL)


def test_fields_found_under_names_that_the_user_gives_win_over_the_usual_ones() -> None:
    row = {"text": "A teaser.", "Story": {"Main": TEXT}, "Kopf": "Ferry", "title": "x"}
    fields = {"text": "Story.Main", "title": "Kopf"}
    (part,) = good(lines(row, fields=fields))
    assert (part.text, part.stated.title) == (TEXT, "Ferry")


def test_a_dot_in_a_name_is_part_of_it_where_the_name_exists() -> None:
    (part,) = good(lines({"a.b": TEXT}, fields={"text": "a.b"}))
    assert part.text == TEXT


@pytest.mark.parametrize("stated", ["03/04/2024", "yesterday", 1714730400, 1714730400000, True])
def test_a_date_that_could_be_two_days_is_not_taken(stated: object) -> None:
    (part,) = good(lines({"text": TEXT, "date": stated}))
    assert part.stated.published is None


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "see the paper"])
def test_an_address_that_is_none_is_left_out(url: str) -> None:
    (part,) = good(lines({"text": TEXT, "url": url, "id": 1}))
    assert part.stated.url is None


BAD_LINES = {
    '{"text": "a", "text": "b"}': "the name 'text' twice",
    '{"text": "a", "tags": {"x": 1, "x": 2}}': "the name 'x' twice",
    '{"text": NaN}': "no text in it",
    '{"text": null}': "no text in it",
    '{"text": "  "}': "no text in it",
    '{"title": "Ferry"}': "no text in it",
    '{"text": 12}': "a number where its text should be",
    '{"text": true}': "true or false where its text should be",
    '{"text": ["a", "b"]}': "a list where its text should be",
    '{"text": {"rendered": "a"}}': "an object where its text should be",
    '{"text": "\\ud83d half"}': "half of a surrogate pair in its text (at character 0)",
    '{"text": "a\\u0000b"}': "control characters",
    '{"text": "a"': "not valid JSON",
    "{'text': 'a'}": "not valid JSON",
    '"text"': "not an object",
    "[1]": "not an object",
    '{"text": ' + "[" * 100_000: "nested too deeply",
    '{"text": "a", "n": ' + "9" * 5000 + "}": "thousands of digits",
    '{"text": "a", "n": [' + "[]," * 600_000 + "1]}": "more than 500,000 lists",
}


@pytest.mark.parametrize("line", BAD_LINES, ids=lambda line: line[:30])
def test_a_line_that_can_t_be_taken_is_named_and_the_others_are_read(line: str) -> None:
    first, bad, last = lines({"text": "one"}, line, {"text": "two"})
    assert isinstance(bad, BadPart)
    assert bad.reason.startswith("line 2: ") and BAD_LINES[line] in bad.reason
    assert isinstance(first, Part) and isinstance(last, Part)
    assert (first.text, last.text, last.key) == ("one", "two", "line 3")


def test_not_a_number_in_a_field_of_no_use_spoils_nothing() -> None:
    (part,) = good(lines('{"text": "a", "title": NaN, "score": -Infinity}'))
    assert (part.text, part.stated.title) == ("a", None)


def test_half_a_surrogate_pair_in_a_title_is_left_out_of_it() -> None:
    (part,) = good(lines('{"text": "a", "title": "Ferry \\ud83d strikes\\u0000"}'))
    assert part.stated.title == "Ferry strikes"


def test_an_article_is_named_by_its_id_else_its_address_else_its_line() -> None:
    row = {"text": TEXT}
    rows = ({**row, "id": 7}, {**row, "url": URL}, row, {**row, "id": "x" * 2000})
    assert [part.key for part in good(lines(*rows))] == ["7", URL, "line 3", "line 4"]


def test_an_id_given_twice_names_only_the_first_article() -> None:
    rows = [{"text": TEXT, "id": n} for n in ("a", "a", "b", "a", "b")]
    assert [part.key for part in good(lines(*rows))] == ["a", "line 2", "b", "line 4", "line 5"]


def test_an_id_that_looks_like_a_position_is_not_taken_for_one() -> None:
    rows = [{"text": TEXT, "id": n} for n in ("line 2", "x", "line 3")]
    assert [part.key for part in good(lines(*rows))] == ["line 1", "x", "line 3"]


def test_names_given_long_ago_are_still_known_and_take_little_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ingest.formats.keys._MOST_LOOSE", 1000)
    keys = Keys()
    tracemalloc.start()
    first = [keys.take(f"id {n}", position="") for n in range(20_000)]
    held = tracemalloc.get_traced_memory()[0]
    again = [keys.take(f"id {n}", position="") for n in range(0, 20_000, 100)]
    tracemalloc.stop()
    assert all(first) and not any(again)
    assert held - sum(map(sys.getsizeof, first)) < 600_000


def test_the_keys_of_articles_do_not_change_where_another_line_is_bad() -> None:
    rows = [{"text": TEXT, "id": "a"}, {"text": None, "id": "b"}, {"text": TEXT, "id": "b"}]
    assert [part.key for part in lines(*rows)] == ["a", "b", "line 3"]


def test_text_that_is_html_is_read_as_what_it_shows() -> None:
    (part,) = good(lines({"content": "<p>The ferry&nbsp;struck</p><p>the <b>pier</b>.</p>"}))
    assert part.text == "The ferry struck\n\nthe pier."


@pytest.mark.parametrize("text", ["<3 ferries", "a < b and c > d", "<p> is a tag", "<Reuters>"])
def test_text_with_angle_brackets_is_left_as_it_is(text: str) -> None:
    (part,) = good(lines({"text": text}))
    assert part.text == text


def test_a_file_without_text_is_refused_with_the_names_it_has() -> None:
    content = json.dumps({"headline": "a", "story": TEXT})
    assert refusal(json_lines.articles, content) == (
        "no column of text among 'headline', 'story': name it with --field text=NAME"
    )
    assert "no column 'Bdy' among" in refusal(
        json_lines.articles, '{"Body": "a"}', fields={"text": "Bdy"}
    )


def test_a_file_of_something_else_is_refused_once() -> None:
    noise = "\n".join(f"2024-05-03 GET /{n}" for n in range(1000))
    assert "line 1: not valid JSON" in refusal(json_lines.articles, noise)
    assert refusal(json_lines.articles, bytes(range(256)) * 4000)


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_a_file_without_articles_is_refused(content: str) -> None:
    assert "no articles" in refusal(json_lines.articles, content)


def test_a_line_that_is_not_utf8_is_bad_unless_its_encoding_is_named() -> None:
    content = '{"text": "caf\xe9"}\n{"text": "€"}\n'.encode("cp1252") + '{"text": "é"}'.encode()
    first, second, third = read(json_lines.articles, content)
    assert isinstance(first, BadPart) and "line 1: not valid UTF-8 (at byte 13)" in first.reason
    assert isinstance(second, BadPart) and isinstance(third, Part)
    named = good(read(json_lines.articles, content, encoding="cp1252"))
    assert [part.text for part in named] == ["café", "€", "é"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_are_known_in_tables(encoding: str) -> None:
    content = json.dumps({"text": "café", "id": "a"}, ensure_ascii=False) + "\n"
    rows = good(read(json_lines.articles, (content * 3).encode(encoding)))
    assert (rows[0].text, rows[0].key) == ("café", "a") and len(rows) == 3
    assert good(table("text,id\ncafé,a\n".encode(encoding)))[0].text == "café"


class Endless(io.RawIOBase):
    """A line of 30 MB between two good ones, made as it is read."""

    def __init__(self, filler: bytes, start: bytes, end: bytes) -> None:
        self._left, self._filler, self._next, self._end = 30, filler * 1000, start, end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        while not self._next and self._left >= 0:
            self._left -= 1
            self._next = self._filler * (1_000_000 // len(self._filler))
            if self._left < 0:
                self._next = self._end
        piece, self._next = self._next[: len(buffer)], self._next[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


@pytest.mark.parametrize(
    ("reader", "filler", "start", "end"),
    [
        (json_lines.articles, b"x", b'{"text": "one"}\n{"text": "', b'"}\n{"text": "two"}\n'),
        (separated.articles, b"x", b"text\none\n", b"\ntwo\n"),
        (separated.articles, b"x" * 999 + b"\n", b'text\none\n"', b'"\ntwo\n'),
        (separated.articles, b'""x', b'text\none\n"', b'"\ntwo\n'),
    ],
    ids=["JSON line", "CSV line", "CSV row of many lines", "quotes"],
)
def test_what_is_too_long_is_passed_over_without_being_held(
    reader: Reader, filler: bytes, start: bytes, end: bytes
) -> None:
    stream = io.BufferedReader(Endless(filler, start, end), 1 << 16)
    tracemalloc.start()
    first, bad, last = reader(stream, ReadOptions(max_mb=1))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(first, Part) and isinstance(last, Part) and isinstance(bad, BadPart)
    assert (first.text, last.text) == ("one", "two") and "longer than 1 MB" in bad.reason
    assert bad.reason.startswith(("line 2: ", "line 3: ")) and peak < 20_000_000


def test_a_table_of_many_articles_is_given_article_by_article() -> None:
    taken: list[int] = []

    class Watched(io.BytesIO):
        def readinto(self, buffer: Any, /) -> int:
            taken.append(super().readinto(buffer))
            return taken[-1]

    content = "".join(json.dumps({"text": TEXT, "id": n}) + "\n" for n in range(20_000))
    parts = json_lines.articles(Watched(content.encode()), ReadOptions())
    assert next(parts).key == "0" and sum(taken) < len(content) / 10


CSVS = {
    "commas": 'id,title,text,date\na,Ferry,"The ferry, said ""Jane"",\nstruck.",2024-05-03\n',
    "semicolons": 'id;title;text;date\na;Ferry;"The ferry, said ""Jane"",\nstruck.";2024-05-03\n',
    "bars": 'id|title|text|date\na|Ferry|"The ferry, said ""Jane"",\nstruck."|2024-05-03\n',
    "tabs": 'id\ttitle\ttext\tdate\na\tFerry\t"The ferry, said ""Jane"",\nstruck."\t2024-05-03\n',
    "Excel": 'sep=;\nid;title;text;date\na;Ferry;"The ferry, said ""Jane"",\nstruck.";2024-05-03',
    "quoted": '"id","title","text","date"\n"a","Ferry","The ferry, said ""Jane"",\nstruck.",'
    '"2024-05-03"\n\n,,,\n',
}


@pytest.mark.parametrize("content", CSVS.values(), ids=CSVS)
def test_the_separator_of_a_table_is_found(content: str) -> None:
    (part,) = good(table(content))
    assert part.text == 'The ferry, said "Jane",\nstruck.'
    assert (part.key, part.stated.title, part.stated.published) == ("a", "Ferry", date(2024, 5, 3))


def test_line_ends_of_windows_are_taken_as_those_of_others() -> None:
    (part,) = good(table("\ufefftext,title\r\nThe ferry.,Pier\r\n"))
    assert (part.text, part.stated.title) == ("The ferry.", "Pier")


def test_a_field_may_be_far_longer_than_csv_s_own_limit() -> None:
    (part,) = good(table('id,text\na,"' + "The ferry, again.\n" * 50_000 + '"\n'))
    assert len(part.text) == 18 * 50_000


def test_quotes_at_the_start_of_fields_that_are_not_quoted_are_kept() -> None:
    rows = 'title\ttext\nFerry\t"We heard it," she said.\nPier\t"It broke\nPort\tClosed.\n'
    texts = [part.text for part in good(table(rows))]
    assert texts == ['"We heard it," she said.', '"It broke', "Closed."]


BAD_ROWS = {
    "a,b,c": "3 fields where the header has 2",
    "a": "1 fields where the header has 2",
    '"a "b" c",d': "a quote inside a quoted field: write it twice",
    "a,": "no text in it",
    "a,b\0c": "a NUL byte in it (at byte 3)",
}


@pytest.mark.parametrize("row", BAD_ROWS, ids=BAD_ROWS.values())
def test_a_row_that_does_not_fit_is_named_and_the_others_are_read(row: str) -> None:
    first, bad, last = table(f'id,text\na,"one\nmore"\n{row}\nz,two\n')
    assert isinstance(bad, BadPart) and bad.reason.startswith("line 4: ")
    assert BAD_ROWS[row] in bad.reason
    assert isinstance(first, Part) and isinstance(last, Part)
    assert (first.text, last.text) == ("one\nmore", "two")


def test_a_quote_that_is_never_closed_is_told_with_what_it_costs() -> None:
    (reason,) = faults(table('id,text\na,one\nb,"two\nc,three\n'))
    assert reason.startswith("line 3: a quote is opened that is never closed, so nothing after")


def test_a_row_in_another_encoding_is_bad_and_costs_no_other_row() -> None:
    rows = b'id,text\na,caf\xe9 of 5" pipes\nb,"two\nlines"\n'
    bad, fine = table(rows)
    assert isinstance(bad, BadPart) and "line 2: not valid UTF-8" in bad.reason
    assert isinstance(fine, Part) and fine.text == "two\nlines"
    assert len(good(table(rows, encoding="cp1252"))) == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("id;headline\n1;a\n", "no column of text among 'id', 'headline': name it with"),
        ("The ferry struck.\nIt sank.\n", "no column of text among 'The ferry struck.'"),
        ("id,text,Text\n1,a,b\n", ""),
        ("id,text,text\n1,a,b\n", "2 columns are called 'text': rename all but one"),
        ("id,text\rthe ferry\r", "carriage return alone"),
        ("text,title\n", "no articles in it"),
        ("", "no articles in it"),
        ("PK\3\4\0\0\0\0\0text,\0\0\0\n\0\0", "a binary file"),
    ],
)
def test_a_table_without_a_fit_header_is_refused(content: str, reason: str) -> None:
    if reason:
        assert reason in refusal(separated.articles, content)
    else:
        assert good(table(content))[0].text == "a"  # the name in lower case counts


def test_columns_that_the_user_names_must_be_there() -> None:
    content = "Body,Head\nThe ferry.,Pier\n"
    (part,) = good(table(content, fields={"text": "Body", "title": "Head"}))
    assert (part.text, part.stated.title) == ("The ferry.", "Pier")
    said = refusal(separated.articles, content, fields={"text": "Body", "title": "Hed"})
    assert said == "no column 'Hed' among 'Body', 'Head': correct --field"


def test_reading_a_table_never_lowers_the_limit_of_csv() -> None:
    before = csv.field_size_limit()
    csv.field_size_limit(50_000_000)
    try:
        table("text\na\n", max_mb=1)
        assert csv.field_size_limit() == 50_000_000
    finally:
        csv.field_size_limit(before)


ARTICLE = {"title": "Ferry", "content": TEXT, "source": {"id": None, "name": "The Post"}}
SENT = {
    "one article": ARTICLE,
    "a list": [ARTICLE],
    "NewsAPI": {"status": "ok", "totalResults": 1, "articles": [ARTICLE]},
    "Guardian": {"response": {"status": "ok", "results": [ARTICLE]}},
    "JSON Feed": {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "The Post",
        "items": [{"title": "Ferry", "content_html": f"<p>{TEXT}</p>"}],
    },
}


@pytest.mark.parametrize("value", SENT.values(), ids=SENT)
def test_articles_are_found_where_news_apis_put_them(value: object) -> None:
    (part,) = good(whole(value))
    assert (part.text, part.stated.title, part.stated.outlet) == (TEXT, "Ferry", "The Post")
    assert part.key == (None if value is ARTICLE else "item 1")


def test_json_lines_called_json_are_read_as_what_they_are() -> None:
    parts = whole('{"text": "one"}\n\n{"text": 2}\n{"text": "three"}\n')
    assert [part.key for part in parts] == ["line 1", "line 3", "line 4"]
    assert faults(parts) == [
        "line 3: a number where its text should be: name the text with --field text=NAME"
    ]


def test_a_bad_item_of_a_list_is_named_and_the_others_are_read() -> None:
    parts = whole([{"text": "one"}, 5, {"text": ""}, {"text": "two"}])
    assert faults(parts) == [
        "item 2: not an object: write each article as {...}",
        "item 3: no text in it",
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{\n"text": "a",\n"text": "b"}', "the name 'text' twice"),
        ('[{"text": "a"}', "not valid JSON"),
        ("[]", "no articles in it"),
        ("5", "JSON without an object"),
        ("", "not valid JSON"),
        ('{"text":\n5}', "a number where its text should be"),
        ('{"articles": [],\n"status": "ok"}', "no column of text among 'articles', 'status'"),
        (f'[{{"text": "{"x" * 1_100_000}"}}]', "save it as JSON Lines"),
        ("[\n" + '{"text": "ferry"},\n' * 70_000 + "5]", "save it as JSON Lines"),
    ],
    ids=lambda value: value[:25],
)
def test_a_json_file_that_can_t_be_taken_is_refused(content: str, reason: str) -> None:
    assert reason in refusal(json_file.articles, content, max_mb=1)


GOOD_LINES = b'{"_id": "1", "text": "The ferry", "metadata": {"url": "https://x.example"}}\n' * 3
GOOD_TABLE = 'id,title,text,date\n1,Ferry,"The ""ferry"",\nstruck é",2024-05-03\n2,a,b,c\n'.encode()


@pytest.mark.parametrize(
    ("reader", "base"),
    [
        (json_lines.articles, GOOD_LINES),
        (json_file.articles, b"[" + GOOD_LINES[:-1].replace(b"\n", b",") + b"]"),
        (separated.articles, GOOD_TABLE),
        (separated.articles, GOOD_TABLE.replace(b",", b"\t")),
    ],
    ids=["JSON Lines", "JSON", "CSV", "TSV"],
)
@hypothesis_settings(max_examples=80, deadline=2000)
@given(data=st.data())
def test_whatever_the_bytes_only_articles_and_reasons_come_of_a_table(
    reader: Reader, base: bytes, data: st.DataObject
) -> None:
    content = bytearray(base if data.draw(st.booleans()) else data.draw(st.binary(max_size=200)))
    for _ in range(data.draw(st.integers(0, 5))):
        at = data.draw(st.integers(0, len(content)))
        put = data.draw(st.binary(max_size=4) | st.sampled_from([b'"', b"\n", b"\xff\xfe", b"\\u"]))
        content[at : at + data.draw(st.integers(0, 6))] = put
    try:
        parts = read(reader, bytes(content))
    except RejectedFile:
        return
    assert len({part.key for part in parts}) == len(parts)
    for part in parts:
        if isinstance(part, BadPart):
            assert part.reason.startswith(("line ", "item "))
        else:
            assert part.text.encode() and str(part.stated).encode()
