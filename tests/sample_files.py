"""One small, good file of every format that is read, all with invented news."""

from __future__ import annotations

import csv
import gzip
import io
import json
import mailbox
from collections.abc import Mapping
from email.message import EmailMessage
from html import escape

from tests.test_formats_docx import docx_of, p
from tests.test_formats_pdf import page_of, pdf_of, rewritten

__all__ = ["SAMPLES", "STORIES"]

STORIES = (
    (
        "Ferry strikes pier in Port Ennick",
        "The ferry Halcyon struck the north pier of Port Ennick on Thursday, injuring fourteen"
        " people. Captain Ilya Brandt was at the helm, the harbour master said. The operator,"
        " Ennick Lines, had postponed an overhaul of the rudder twice.",
    ),
    (
        "Council votes to rebuild the market hall",
        "The council of Lowmarket voted by nine to four to rebuild the market hall that burned in"
        " March. Mayor Petra Quill said the work would cost 12 million crowns – “and not one"
        " more”. It is to take two years.",
    ),
    (
        "Café owners in Södervik drop their strike",
        "Café owners in Södervik ended a strike of nine days on Monday, the union said. They had"
        " asked for lower rents along the quay. Talks go on in June, said Åsa Lind.",
    ),
)
"""Titles and texts."""

_ROWS = [
    {"id": f"n{n}", "title": title, "text": text, "date": f"2024-05-0{n}", "source": "Coast Weekly"}
    for n, (title, text) in enumerate(STORIES, start=1)
]


def _text() -> str:
    title, text = STORIES[0]
    body = text.replace(". ", ".\n\n")
    return f"Outlet: The Harbour Post\nDate: 2024-05-03\n\n{title}\n\nBy Ada Marsh\n\n{body}\n"


def _markdown() -> str:
    title, text = STORIES[1]
    front = f'---\ntitle: "{title}"\ndate: 2024-06-10\nauthors: [Ada Marsh, Ivo Kern]\n---\n\n'
    return f"{front}# {title}\n\n**Lowmarket** – {text}\n\n* [Read more](https://x.example/a)\n"


def _page() -> str:
    title, text = STORIES[0]
    ld = {"@type": "NewsArticle", "headline": title, "datePublished": "2024-05-03T10:00:00Z"}
    paragraphs = "".join(f"<p>{escape(s)}.</p>" for s in text.split(". "))
    return (
        "<!DOCTYPE html><html><head><meta charset=utf-8><title>Ferry | Post</title>"
        '<meta property="og:site_name" content="The Harbour Post">'
        f'<script type="application/ld+json">{json.dumps(ld)}</script></head><body>'
        f"<nav><a href=/>Home</a></nav><article><h1>{title}</h1>{paragraphs}"
        "<table><tr><td>Injured</td><td>14</td></tr></table></article></body></html>"
    )


def _table(delimiter: str) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(_ROWS[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(_ROWS)
    return out.getvalue()


def _message(n: int) -> EmailMessage:
    title, text = STORIES[n]
    message = EmailMessage()
    message["From"], message["Subject"] = "The Harbour Post <news@post.example>", title
    message["Date"] = "Fri, 03 May 2024 23:30:00 -0500"
    message["Message-ID"] = f"<n{n}@post.example>"
    message.set_content(text)
    message.add_alternative(f"<html><body><p>{escape(text)}</p></body></html>", subtype="html")
    message.add_attachment(b"\0\1\2\3" * 20, maintype="image", subtype="png", filename="a.png")
    return message


def _mailbox() -> bytes:
    return b"\n".join(
        b"From post Fri May  3 23:30:00 2024\n" + mailbox.mboxMessage(_message(n)).as_bytes()
        for n in range(3)
    )


def _rss() -> str:
    items = "".join(
        f"<item><title>{row['title']}</title><guid>{row['id']}</guid>"
        f"<link>https://x.example/{row['id']}</link>"
        "<pubDate>Fri, 03 May 2024 23:30:00 GMT</pubDate>"
        f"<description>{escape(escape(row['text']))}&lt;br&gt;</description></item>"
        for row in _ROWS
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
        f"<title>Coast Weekly</title>{items}</channel></rss>"
    )


def _atom() -> str:
    entries = "".join(
        f"<entry><id>{row['id']}</id><title>{row['title']}</title><published>{row['date']}"
        '</published><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>'
        f"{escape(row['text'])}</p></div></content></entry>"
        for row in _ROWS
    )
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Coast Weekly</title>'
        + entries
        + "</feed>"
    )


def _json_lines() -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in _ROWS)


def _document() -> bytes:
    title, text = STORIES[1]
    table = f"<w:tbl><w:tr><w:tc>{p('Votes')}</w:tc><w:tc>{p('9')}</w:tc></w:tr></w:tbl>"
    return docx_of(p(title, "Heading1") + p(escape(text)) + table)


def _pdf() -> bytes:
    lines = [line for _, text in STORIES[:2] for line in text.split(". ")]
    ascii_lines = [line.encode("ascii", "ignore").decode() for line in lines]
    return pdf_of([page_of(ascii_lines[:3]), page_of(ascii_lines[3:])])


SAMPLES: Mapping[str, tuple[bytes, ...]] = {
    ".txt": (_text().encode(), _text().encode("utf-16")),
    ".md": (_markdown().encode(),),
    ".html": (_page().encode(),),
    ".pdf": (_pdf(), rewritten(_pdf())),
    ".docx": (_document(),),
    ".eml": (bytes(_message(0)),),
    ".mbox": (_mailbox(),),
    ".jsonl": (_json_lines().encode(),),
    ".json": (
        json.dumps(_ROWS).encode(),
        json.dumps({"articles": _ROWS}, ensure_ascii=False, indent=1).encode(),
    ),
    ".csv": (_table(",").encode(), _table(";").encode("utf-16")),
    ".tsv": (_table("\t").encode(),),
    ".rss": (_rss().encode(), _rss().replace("UTF-8", "windows-1252").encode("cp1252")),
    ".atom": (_atom().encode(),),
    ".jsonl.gz": (gzip.compress(_json_lines().encode(), mtime=0),),
}
"""Contents of good files by their extension."""
