from __future__ import annotations

import io
import time
import tracemalloc
import zipfile

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ingest.formats import docx
from ingest.formats.part import Part, ReadOptions
from rag.errors import RejectedFile

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CORE = (
    '<cp:coreProperties xmlns:cp="c" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:dcterms="http://purl.org/dc/terms/"><dc:title>Ferry &amp; pier</dc:title>'
    "<dc:creator>Jane Doe</dc:creator><dcterms:created>2024-05-03T10:00:00Z</dcterms:created>"
    "</cp:coreProperties>"
)


def docx_of(
    body: str,
    *,
    word: str = WORD,
    name: str = "word/document.xml",
    packing: int = zipfile.ZIP_DEFLATED,
    before: str = "",
) -> bytes:
    """A Word document with this inside its body."""
    relations = (
        f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1" Target="/{name}"'
        f' Type="{_OFFICE}/officeDocument"/><Relationship Id="r2" Target="docProps/core.xml"'
        f' Type="{_RELATIONS}/metadata/core-properties"/></Relationships>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as package:
        package.writestr("_rels/.rels", relations)
        package.writestr("docProps/core.xml", CORE)
        document = f'<w:document xmlns:w="{word}" xmlns:mc="m"><w:body>{body}</w:body></w:document>'
        package.writestr(name, before + document)
    return out.getvalue()


def p(text: str, style: str = "") -> str:
    look = f'<w:pPr><w:pStyle w:val="{style}"/><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr>'
    return f"<w:p>{look if style else ''}<w:r><w:t xml:space='preserve'>{text}</w:t></w:r></w:p>"


def read(content: bytes, max_mb: int = 20) -> Part:
    (part,) = docx.articles(io.BytesIO(content), ReadOptions(max_mb=max_mb))
    return part


def refusal(content: bytes, max_mb: int = 20) -> str:
    with pytest.raises(RejectedFile) as caught:
        read(content, max_mb)
    return str(caught.value)


def text_of(body: str) -> str:
    return read(docx_of(body)).text


TABLE = (
    "<w:tbl><w:tr><w:tc>"
    + p("Injured")
    + "</w:tc><w:tc>"
    + p("12")
    + p("in all")
    + "</w:tc></w:tr>"
    "<w:tr><w:tc>" + p("Ferries") + "</w:tc><w:tc><w:tbl><w:tr><w:tc>" + p("3") + "</w:tc></w:tr>"
    "</w:tbl></w:tc></w:tr></w:tbl>"
)
GOOD = docx_of(p("Ferry strikes pier", "Heading1") + p("It struck at noon.") + TABLE + p("End."))


def test_headings_paragraphs_and_tables_are_read_in_order() -> None:
    assert read(GOOD).text == (
        "Ferry strikes pier\n\nIt struck at noon.\n\nInjured | 12 in all\nFerries | 3\n\nEnd."
    )


def test_a_document_states_its_title_and_author_but_no_day_of_publication() -> None:
    stated = read(GOOD).stated
    assert (stated.title, stated.byline, stated.published) == ("Ferry & pier", "Jane Doe", None)


@pytest.mark.parametrize("changes", [{"word": STRICT}, {"name": "word/document2.xml"}])
def test_other_shapes_of_word_files_are_read(changes: dict[str, str]) -> None:
    content = docx_of(p("It struck at noon."), **changes)  # type: ignore[arg-type]
    assert read(content).text == "It struck at noon."


RUNS = {
    "<w:r><w:t>The </w:t></w:r><w:ins><w:r><w:t>new ferry</w:t></w:r></w:ins>": "The new ferry",
    "<w:r><w:t>The</w:t></w:r><w:del><w:r><w:delText>old</w:delText></w:r></w:del>": "The",
    "<w:r><w:t>a</w:t></w:r><w:moveFrom><w:r><w:t>b</w:t></w:r></w:moveFrom>": "a",
    "<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r>": "a\tb\nc",
    "<w:r><w:t>co</w:t><w:noBreakHyphen/><w:t>op</w:t></w:r>": "co‑op",
    "<w:r><w:t>of</w:t><w:softHyphen/><w:t>fice</w:t></w:r>": "office",
    "<w:hyperlink><w:r><w:t>a link</w:t></w:r></w:hyperlink>": "a link",
    "<w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>a</w:t></w:r>": "a",
    "<w:r><w:t>a</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>": "a",
    '<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>shown</w:t></w:r>': "shown",
    "<w:sdt><w:sdtContent><w:r><w:t>filled in</w:t></w:r></w:sdtContent></w:sdt>": "filled in",
    "<w:r><w:t>&#x1F6A2; naïve</w:t></w:r>": "🚢 naïve",
}


@pytest.mark.parametrize("runs", RUNS)
def test_the_words_that_a_reader_of_the_document_sees_are_taken(runs: str) -> None:
    assert text_of(f"<w:p>{runs}</w:p>") == RUNS[runs]


def test_a_text_box_is_read_once_and_what_is_around_it_stays_whole() -> None:
    box = f"<w:txbxContent>{p('In the box.')}</w:txbxContent>"
    drawn = f"<mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
    body = (
        f"<w:p><w:r><w:t>Before </w:t>{drawn}</mc:AlternateContent></w:r>"
        "<w:r><w:t>after.</w:t></w:r></w:p>"
    )
    assert text_of(body) == "In the box.\n\nBefore after."


def test_words_of_charts_are_not_taken_for_the_document_s() -> None:
    chart = (
        '<w:p><w:r><a:p xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:r>'
        "<a:t>Axis</a:t></a:r></a:p><w:t>Text.</w:t></w:r></w:p>"
    )
    assert text_of(chart) == "Text."


BOMB = "<!DOCTYPE w [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]>"


@pytest.mark.parametrize(
    "before", [BOMB, "<!DOCTYPE w SYSTEM 'file:///etc/passwd'>", "<!DOCTYPE w>"]
)
def test_a_document_type_is_refused_before_any_entity_is_read(before: str) -> None:
    assert "document type" in refusal(docx_of(p("a"), before=before))


def test_what_inflates_without_end_is_stopped_and_not_held() -> None:
    bomb = docx_of(p("ferry ") + "<w:p>" + " " * 100_000_000 + "</w:p>")
    tracemalloc.start()
    started = time.monotonic()
    assert len(bomb) < 200_000 and "larger than 5 MB once inflated" in refusal(bomb, max_mb=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000 and time.monotonic() - started < 10


def test_a_document_of_endless_elements_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docx, "_MOST_ELEMENTS", 1000)
    assert "more than 1,000 elements" in refusal(docx_of("<w:p/>" * 100_000))


def test_a_text_larger_than_allowed_is_refused() -> None:
    assert "larger than 1 MB" in refusal(docx_of(p("ferry " * 200_000)), max_mb=1)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "an old Word file, or one with a password"),
        (b"The ferry struck the pier.", "a damaged Word file"),
        (GOOD[: len(GOOD) // 2], "a damaged Word file"),
        (docx_of(""), "no text in it"),
        (docx_of(p("a") + "<w:p>"), "not valid XML (line 1: mismatched tag)"),
        (docx_of("<w:p>" * 1000), "more than 500 levels"),
        (docx_of(p("a"), packing=zipfile.ZIP_LZMA), "packed in an unusual way"),
        (b" \n", "empty"),
    ],
    ids=["old", "text", "cut off", "no text", "broken XML", "deep", "LZMA", "empty"],
)
def test_a_file_that_can_t_be_taken_is_refused_with_the_way_out(
    content: bytes, reason: str
) -> None:
    assert reason in refusal(content)


def test_a_zip_of_something_else_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("photo.txt", "a")
    assert refusal(out.getvalue()) == "no Word file: it has no '_rels/.rels' inside"


PLAIN = docx_of(p("Ferry strikes pier") + TABLE, packing=zipfile.ZIP_STORED)


@hypothesis_settings(max_examples=100, deadline=2000)
@given(st.data())
def test_a_document_changed_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from([GOOD, PLAIN])))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=6))
    try:
        part = read(bytes(content))
    except RejectedFile:
        return
    assert part.text.encode() and str(part.stated).encode()


@hypothesis_settings(max_examples=60, deadline=2000)
@given(st.lists(st.sampled_from("p r t tbl tr tc del br txbxContent /".split()), max_size=30))
def test_elements_in_any_order_are_read_or_refused(names: list[str]) -> None:
    body, opened = "", []
    for name in names:
        if name != "/":
            opened.append(name)
            body += f"<w:{name}>word"
        elif opened:
            body += f"</w:{opened.pop()}>"
    body += "".join(f"</w:{name}>" for name in reversed(opened))
    try:
        assert read(docx_of(body)).text
    except RejectedFile as exc:
        if str(exc) != "no text in it":
            raise
