"""Bad inputs: PDF and Word."""

from __future__ import annotations

import io
import textwrap
import zipfile

from tests.bad_input import one, refused, report, taken
from tests.test_formats_docx import docx_of, p
from tests.test_formats_pdf import page_of, pdf_of, rewritten

__all__ = ["DOCUMENTS"]

_GOOD_PDF = pdf_of([page_of(["Ferry strikes pier", *report("Pada").split(". ")])])
_TITLE = "\ufeffFerry \x1b[31mstrikes".encode("utf-16-be").hex()
_TRAP = "XML with a document type, which could hide a trap"


def _bomb_page() -> bytes:
    return pdf_of([b"BT /F1 12 Tf (Ferry) Tj ET " + b" " * 60_000_000])


def _wrapped() -> bytes:
    """A page whose lines are broken at a width, the headline too."""
    head = "Ferry strikes the north pier of Port Ennick on Thursday evening and hurts nobody"
    lines = [textwrap.wrap(text, 60) for text in (head, report("Padi") * 3)]
    return pdf_of([page_of([*lines[0], *lines[1]])])


_PDF = (
    one(
        "an encrypted PDF",
        "a.pdf",
        lambda: rewritten(_GOOD_PDF, user_password="x"),
        refused("an encrypted PDF: save it without its password"),
    ),
    one(
        "a PDF cut off",
        "a.pdf",
        _GOOD_PDF[: len(_GOOD_PDF) // 2],
        refused("a PDF that is cut off: copy it anew"),
    ),
    one(
        "a scanned PDF",
        "a.pdf",
        pdf_of([b"q 612 0 0 792 0 0 cm /X4 Do Q"]),
        refused("no text in it, only pictures"),
    ),
    one(
        "a page tree that loops",
        "a.pdf",
        _GOOD_PDF.replace(b"/Kids[4 0 R]", b"/Kids[2 0 R]"),
        refused("a damaged PDF: save it anew"),
    ),
    one(
        "a page tree that lies",
        "a.pdf",
        _GOOD_PDF.replace(b"/Count 1", b"/Count 9"),
        taken(holds="The Pada left"),
    ),
    one("a PDF of nothing", "a.pdf", b"%PDF-1.7\n%%EOF\n", refused("a damaged PDF: save it anew")),
    one("a PDF that inflates", "a.pdf", _bomb_page, refused("a PDF that inflates without end")),
    one(
        "a headline of two lines",
        "a.pdf",
        _wrapped,
        taken(
            title="Ferry strikes the north pier of Port Ennick on Thursday evening and hurts nobody"
        ),
    ),
    one(
        "terminal codes in a PDF's title",
        "a.pdf",
        lambda: pdf_of([page_of(report("Pado").split(". "))], info=f"/Info<</Title<{_TITLE}>>>"),
        taken(title="Ferry [31mstrikes"),
    ),
    one("text called PDF", "a.pdf", report("Padu"), refused("a PDF that is cut off")),
)


def _zip_of(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return out.getvalue()


def _locked() -> bytes:
    """A zip whose parts say that they have a password."""
    held = bytearray(docx_of(p(report("Worda"))))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = -1
        while (start := held.find(mark, start + 1)) >= 0:
            held[start + at] |= 1
    return bytes(held)


_LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
_WORD = (
    one("a Word file that is no zip", "a.docx", report("Wordo"), refused("a damaged Word file")),
    one(
        "a zip without a document",
        "a.docx",
        _zip_of(**{"_rels/.rels": b"<a/>"}),
        refused("no Word file: it has no 'word/document.xml' inside"),
    ),
    one(
        "a zip of nothing",
        "a.docx",
        _zip_of(),
        refused("no Word file: it has no '_rels/.rels' inside"),
    ),
    one(
        "a Word file cut off",
        "a.docx",
        docx_of(p(report("Wordi")))[:-30],
        refused("a damaged Word file"),
    ),
    one(
        "a bomb of Word",
        "a.docx",
        lambda: docx_of("<w:p>" + " " * 150_000_000 + "</w:p>"),
        refused("larger than 100 MB once inflated"),
    ),
    one("a bomb of entities", "a.docx", docx_of(p("&b;"), before=_LAUGHS), refused(_TRAP)),
    one(
        "a file in a Word file",
        "a.docx",
        docx_of(p("&x;"), before='<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        refused(_TRAP),
    ),
    one(
        "Word with a password", "a.docx", _locked, refused("a zip with a password: save it without")
    ),
    one(
        "old Word called new",
        "a.docx",
        b"\xd0\xcf\x11\xe0" + b"\0" * 600,
        refused("an old Word file, or one with"),
    ),
    one(
        "old Word",
        "a.doc",
        b"\xd0\xcf\x11\xe0" + b"\0" * 600,
        refused("not a type that is read (.doc)"),
    ),
    one(
        "paragraphs in paragraphs",
        "a.docx",
        docx_of("<w:p>" * 1000),
        refused("XML of more than 500 levels"),
    ),
    one("Word without words", "a.docx", docx_of(p(" ")), refused("no text in it")),
)

DOCUMENTS = (*_PDF, *_WORD)
