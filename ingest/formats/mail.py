"""Mail saved as a file: a newsletter's words, with the subject, sender and date of its head."""

from __future__ import annotations

import email
import email.utils
import re
from collections.abc import Iterator, Sequence
from email.errors import HeaderParseError, InvalidBase64CharactersDefect, InvalidBase64LengthDefect
from email.header import decode_header
from email.message import Message
from typing import BinaryIO

from ingest.formats.charsets import charset_named
from ingest.formats.fragment import text_of
from ingest.formats.part import Part, ReadOptions
from ingest.formats.plain import content_of, decode, encoding_for
from ingest.formats.storable import masthead, one_line, text_fault
from rag.errors import RejectedFile

__all__ = ["articles", "message_id", "message_part"]

_HEADS = ("From", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Received")
_LONGEST_HEAD = 10_000
# The parser asks of each line whether it ends any of the parts around it, and the time it
# takes for a list of parameters grows with its square.
_MOST_LEVELS, _MOST_PARTS, _MOST_STEPS = 100, 5_000, 5_000_000
_LEVEL = re.compile(rb"(?:multipart|message)/", re.IGNORECASE)
_ENDLESS_HEAD = re.compile(
    rb"^content-(?:type|disposition)[ \t]*:(?:[^\n]|\n[ \t]){4000}", re.IGNORECASE | re.MULTILINE
)
_HEAD_LINES = re.compile(rb"^(?:[!-9;-~]{1,80}:[^\n]*\n|[ \t][^\n]*\n)++", re.MULTILINE)
# Each question for one of its heads goes through all of them.
_MOST_HEAD_LINES = 20_000
_LONGEST_PAGE = 500_000
# "View this mail in your browser": what many newsletters have for readers of plain text.
_FEW_WORDS = 200


def articles(file: BinaryIO, options: ReadOptions) -> Iterator[Part]:
    """The message in an EML file, which is one article.

    Raises:
        RejectedFile: it is no mail, has no text, or its text can't be decoded.
    """
    yield message_part(content_of(file, options.max_mb), options)


def message_part(content: bytes, options: ReadOptions) -> Part:
    """One message, without a key.

    Raises:
        RejectedFile: it is no mail, has no text, or its text can't be decoded.
    """
    message = _parsed(content)
    text = _body(message, options)
    fault = text_fault(text, options.max_mb)
    if fault:
        raise RejectedFile(fault)
    page = _raw(message, "Archived-At") or _raw(message, "Content-Location")
    page = page.strip().strip("<>")
    stated = masthead(
        title=_words(_raw(message, "Subject")),
        outlet=_words(_sender(message)),
        # The day that the sender's own clock showed: it is not moved to another zone.
        published=_raw(message, "Date"),
        url=page if re.match(r"https?://", page) else None,
    )
    return Part(text, stated)


def message_id(content: bytes) -> str | None:
    """The Message-ID of a message, bare."""
    head = content[:_LONGEST_HEAD]
    match = re.search(rb"^message-id:\s*<?([^\s<>]+)", head, re.IGNORECASE | re.MULTILINE)
    return one_line(match[1].decode("ascii", "replace")) if match else None


def _parsed(content: bytes) -> Message:
    levels = len(_LEVEL.findall(content))
    if any(head[0].count(b"\n") > _MOST_HEAD_LINES for head in _HEAD_LINES.finditer(content)):
        raise RejectedFile("a mail whose head has no end: save the article's text instead")
    if (
        levels > _MOST_LEVELS
        or (levels + 1) * content.count(b"\n") > _MOST_STEPS
        or (levels and content.count(b"\n--") > _MOST_PARTS)
        or _ENDLESS_HEAD.search(content)
    ):
        raise RejectedFile("a mail of too many parts: save the article's text instead")
    try:
        # The older policy, on purpose: the newer one fails on heads that are not well formed.
        message = email.message_from_bytes(content.lstrip(b"\r\n"))
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError) as exc:
        raise RejectedFile("a damaged mail: save it anew") from exc
    if not any(name in message for name in _HEADS):
        raise RejectedFile("no mail: it has no line such as `From:` or `Subject:` at its top")
    return message


def _body(message: Message, options: ReadOptions) -> str:
    plain, html = _texts(message, options)
    if html.strip() and len(plain.split()) < _FEW_WORDS:
        read = _article_in(html)
        if len(read.split()) > 2 * len(plain.split()):
            return read
    return plain


def _article_in(html: str) -> str:
    # trafilatura takes 0.2 s to import and most mail has its words as plain text too.
    from ingest.formats.html import main_text  # noqa: PLC0415

    whole = text_of(html)
    # It took 18 s for a page of 300,000 paragraphs.
    found = main_text(html) if len(html) < _LONGEST_PAGE else ""
    # In the tables that newsletters are laid out with, it may see one story of several.
    return found if 2 * len(found.split()) > len(whole.split()) else whole


def _texts(part: Message, options: ReadOptions) -> tuple[str, str]:
    """The part's plain text and its HTML; either may be empty."""
    if part.get_content_maintype() == "multipart" and part.is_multipart():
        # Typed as text as well; of a part of several it is a list of them.
        found = [_texts(child, options) for child in part.get_payload()]  # type: ignore[arg-type]
        plains, htmls = [p for p, _ in found if p.strip()], [h for _, h in found if h.strip()]
        if part.get_content_subtype() == "alternative":
            return "".join(plains[:1]), "".join(htmls[:1])
        # Apple's Mail cuts a text in two around a picture.
        return "\n\n".join(plains), "\n".join(htmls)
    if part.get_content_disposition() == "attachment" or _is_file(part):
        return "", ""
    kind = part.get_content_type()
    if kind == "text/plain":
        return _decoded(part, options), ""
    if kind == "text/html":
        return "", _decoded(part, options)
    return "", ""


def _is_file(part: Message) -> bool:
    try:
        return part.get_filename() is not None
    except (ValueError, LookupError, TypeError):
        return True


def _decoded(part: Message, options: ReadOptions) -> str:
    content = part.get_payload(decode=True)
    broken = (InvalidBase64CharactersDefect, InvalidBase64LengthDefect)
    if any(isinstance(defect, broken) for defect in part.defects):
        raise RejectedFile("a mail whose base64 is damaged: save it anew")
    if not isinstance(content, bytes) or not content.strip():
        return ""
    try:
        declared = str(part.get_content_charset() or "")
    except (ValueError, LookupError, TypeError):
        declared = ""
    encoding = charset_named(declared) or options.encoding
    # Text that is UTF-8 by its bytes is so whatever it declares; of ASCII that can't be said,
    # because some encodings use nothing else.
    if not content.isascii():
        encoding = encoding_for(content, encoding)
    return decode(content, encoding).replace("\r\n", "\n")


def _raw(message: Message, name: str) -> str:
    """The first of its heads of that name, unfolded; empty where it can't be read."""
    wanted = name.lower()
    for key, value in message.raw_items():
        if key.lower() == wanted:
            line = str(value)[:_LONGEST_HEAD]
            try:
                # What is not ASCII comes as halves of surrogate pairs, one for each byte.
                return line.encode("utf-8", "surrogateescape").decode()
            except UnicodeError:
                return ""
    return ""


def _sender(message: Message) -> str:
    """The name beside the sender's address; empty where it can't be read."""
    try:
        return email.utils.parseaddr(_raw(message, "From"))[0]
    except RecursionError:  # it goes down once for every bracket
        return ""


def _words(value: str) -> str | None:
    """A head with its encoded words decoded; None where they can't be."""
    line = re.sub(r"\r?\n(?=[ \t])", "", value)
    if "=?" not in line:
        return line
    try:
        return "".join(_pieces(decode_header(line)))
    except (HeaderParseError, LookupError, ValueError):
        return None


def _pieces(decoded: Sequence[tuple[bytes | str, str | None]]) -> Iterator[str]:
    for piece, charset in decoded:
        if isinstance(piece, str):
            yield piece
        elif charset is None:
            yield piece.decode("utf-8", "strict") if piece.isascii() else piece.decode("latin-1")
        else:
            try:
                yield piece.decode("utf-8")
            except UnicodeDecodeError:
                known = charset_named(charset)
                if known is None:
                    raise
                yield piece.decode(known)
