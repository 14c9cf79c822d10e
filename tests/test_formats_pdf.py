from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pypdf
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ingest.formats import pdf
from ingest.formats.part import Part, ReadOptions
from rag.errors import RejectedFile
from tests.conftest import ROOT

LINES = ("Ferry strikes pier", "The ferry struck the pier at noon.", "Nobody was hurt.")
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"


def page_of(lines: Sequence[str]) -> bytes:
    """The drawing of a page with these lines."""
    shown = [f"({line}) Tj 0 -18 Td" for line in lines]
    return ("BT /F1 12 Tf 72 720 Td " + " ".join(shown) + " ET").encode("latin-1")


def pdf_of(
    pages: Sequence[bytes],
    *,
    info: str = "",
    objects: Sequence[bytes] = (),
    packed: bool = True,
    font: bytes = FONT,
) -> bytes:
    """A PDF of pages drawn so, written by hand; further objects are numbered from 4."""
    first = 4 + len(objects)
    kids = " ".join(f"{first + 2 * n} 0 R" for n in range(len(pages)))
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode(),
        font,
        *objects,
    ]
    for n, drawing in enumerate(pages):
        content = zlib.compress(drawing) if packed else drawing
        bodies.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 3 0 R>>"
            b"/XObject<</X4 4 0 R>>>>/Contents %d 0 R>>" % (first + 2 * n + 1)
        )
        bodies.append(
            b"<</Length %d%s>>stream\n%s\nendstream"
            % (len(content), b"/Filter/FlateDecode" if packed else b"", content)
        )
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    starts = []
    for n, body in enumerate(bodies, start=1):
        starts.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (n, body))
    end = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % start for start in starts))
    trailer = f"trailer\n<</Size {len(bodies) + 1}/Root 1 0 R{info}>>\nstartxref\n{end}\n%%EOF\n"
    out.write(trailer.encode())
    return out.getvalue()


def read(content: bytes, max_mb: int = 20) -> Part:
    (part,) = pdf.articles(io.BytesIO(content), ReadOptions(max_mb=max_mb))
    return part


def refusal(content: bytes, max_mb: int = 20) -> str:
    with pytest.raises(RejectedFile) as caught:
        read(content, max_mb)
    return str(caught.value)


def rewritten(content: bytes, **locks: Any) -> bytes:
    """The PDF as pypdf writes it, with a title and a date, and encrypted."""
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(content)))
    writer.add_metadata({"/Title": "Ferry strikes pier", "/Author": "Jane Doe"})
    writer.add_metadata({"/CreationDate": "D:20240503100000Z"})
    if locks:
        writer.encrypt(**locks)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


GOOD = pdf_of([page_of(LINES), page_of(["It was the third accident of the year."])])


def test_the_pages_of_a_pdf_are_read_in_order_with_a_blank_line_between() -> None:
    assert read(GOOD).text == "\n".join(LINES) + "\n\nIt was the third accident of the year."


def test_a_pdf_states_its_title_and_author_but_no_day_of_publication() -> None:
    part = read(rewritten(GOOD))
    assert (part.stated.title, part.stated.byline) == ("Ferry strikes pier", "Jane Doe")
    assert part.stated.published is None and part.key is None


@pytest.mark.parametrize(
    "title", ["Microsoft Word - draft 3.doc", "untitled", "ferry_final.indd", "Document1", "- 1 -"]
)
def test_a_title_that_a_program_made_up_is_not_taken(title: str) -> None:
    info = f"/Info<</Title({title})>>"
    assert read(pdf_of([page_of(LINES)], info=info)).stated.title is None


@pytest.mark.parametrize("how", ["RC4-40", "RC4-128", "AES-128", "AES-256", "AES-256-R5"])
def test_a_pdf_locked_only_against_changes_is_read(how: str) -> None:
    locked = rewritten(GOOD, user_password="", owner_password="secret", algorithm=how)
    assert read(locked).text == read(GOOD).text
    assert read(locked).stated.title == "Ferry strikes pier"


def test_a_pdf_with_a_password_is_refused() -> None:
    locked = rewritten(GOOD, user_password="secret", algorithm="AES-256")
    assert refusal(locked) == "an encrypted PDF: save it without its password"


def test_a_scanned_pdf_is_refused_as_having_no_text() -> None:
    scan = pdf_of([b"q 612 0 0 792 0 0 cm 0 0 1 rg 0 0 1 1 re f Q"])
    assert refusal(scan) == "no text in it, only pictures: run it through OCR first"


def test_a_pdf_whose_font_names_no_letters_is_refused() -> None:
    font = b"<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[4 0 R]>>"
    below = (
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/X/CIDSystemInfo"
        b"<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>"
    )
    drawing = b"BT /F1 12 Tf 72 720 Td <0029004800550055005C> Tj ET"
    content = pdf_of([drawing], objects=[below], font=font)
    assert "do not say which letters" in refusal(content)


def test_ligatures_that_chromium_writes_as_private_letters_are_read_as_their_letters() -> None:
    drawing = page_of(["The o~ce of the ferry line was closed on Friday, it said, for a week."])
    names = b"1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfchar <7E> <F001> endbfchar"
    names = b"<</Length %d>>stream\n%s\nendstream" % (len(names), names)
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 4 0 R>>"
    content = pdf_of([drawing], objects=[names], font=font)
    assert read(content).text.startswith("The ofice of the ferry")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8, 0.99])
def test_a_pdf_that_is_cut_off_is_refused(share: float) -> None:
    assert "cut off" in refusal(GOOD[: int(len(GOOD) * share)])


def test_a_pdf_with_a_damaged_page_is_refused_rather_than_read_in_part() -> None:
    at = GOOD.rindex(b"stream\n", 0, GOOD.rindex(b"endstream")) + 20
    assert "damaged" in refusal(GOOD[:at] + b"\xff\xff\xff\xff" + GOOD[at + 4 :])


def test_a_pdf_that_lacks_a_page_s_drawing_is_refused() -> None:
    missing = pdf_of([page_of(LINES), page_of(LINES)]).replace(
        b"/Contents 7 0 R", b"/Contents 9 0 R"
    )
    assert "damaged" in refusal(missing)


def test_a_pdf_that_inflates_without_end_is_refused_at_once() -> None:
    bomb = pdf_of([b" " * 30_000_000])
    started = time.monotonic()
    assert len(bomb) < 1_000_000 and "inflates without end" in refusal(bomb)
    assert time.monotonic() - started < 5


def test_drawings_that_call_each_other_without_end_are_not_followed() -> None:
    form = b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X4 %d 0 R>>>>"
    loop = form + b"/Length 7>>stream\n/X4 Do \nendstream"
    content = pdf_of([page_of(LINES) + b" /X4 Do"], objects=[loop % 5, loop % 4])
    assert read(content).text.startswith("Ferry strikes pier")


def test_drawings_that_multiply_are_stopped() -> None:
    """Each of ten drawings calls the next one ten times."""

    def form(n: int) -> bytes:
        calls = b"/X4 Do " * 10
        return (
            b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X4 %d 0 R>>>>"
            b"/Length %d>>stream\n%s\nendstream" % (n + 5, len(calls), calls)
        )

    objects = [form(n) for n in range(10)] + [b"<</Length 0>>stream\n\nendstream"]
    content = pdf_of([page_of(LINES) + b" /X4 Do"], objects=objects)
    started = time.monotonic()
    assert "damaged" in refusal(content)
    assert time.monotonic() - started < 10


def test_a_pdf_larger_than_allowed_is_refused() -> None:
    assert "larger than 1 MB" in refusal(GOOD + b" " * 1_000_000, max_mb=1)


def test_a_pdf_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_MOST_SECONDS", -1.0)
    assert "seconds to read" in refusal(GOOD)


def test_a_pdf_of_too_many_pages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_MOST_PAGES", 1)
    assert refusal(GOOD) == "a PDF of more than 1 pages: split it"


def test_pypdf_s_own_remarks_do_not_reach_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(GOOD.replace(b"startxref\n", b"startxref\n9"))
    program = (
        "from ingest.formats.part import ReadOptions; from ingest.formats.pdf import articles;"
        "print(next(articles(open('a.pdf', 'rb'), ReadOptions())).text)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("Ferry strikes pier") and done.stderr == ""
    assert logging.getLogger("pypdf").handlers == []


@hypothesis_settings(max_examples=60, deadline=5000)
@given(st.data())
def test_a_pdf_changed_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    base = bytearray(data.draw(st.sampled_from([GOOD, LOOSE])))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(base) - 1))
        base[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    try:
        part = read(bytes(base))
    except RejectedFile:
        return
    assert part.text.encode()


@hypothesis_settings(max_examples=30, deadline=2000)
@given(st.binary(max_size=400))
def test_bytes_that_only_begin_and_end_as_a_pdf_are_refused(content: bytes) -> None:
    assert refusal(b"%PDF-1.4\n" + content + b"\n%%EOF")


LOOSE = pdf_of([page_of(LINES)], packed=False, info="/Info<</Title(Ferry)>>")
