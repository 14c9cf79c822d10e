"""Text: its bytes decoded exactly, or refused with the place where they break.

Nothing is guessed: a file that is not valid in its encoding is rejected, rather than read
with letters dropped or replaced.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from ingest.formats.charsets import BOMS
from ingest.formats.part import Part, ReadOptions
from rag.errors import RejectedFile

__all__ = ["EMPTY", "articles", "content_of", "decode", "encoding_for"]

EMPTY = "empty: put the article's text into it, or remove it"
_BINARY = "a binary file, not text: convert it to .txt, .md or .html"
_CONTROLS = bytes((*range(9), *range(14, 32)))


def articles(file: BinaryIO, options: ReadOptions) -> Iterator[Part]:
    """The text of a file, which is one article.

    Raises:
        RejectedFile: it is no text in its encoding, empty, or too large.
    """
    content = content_of(file, options.max_mb)
    yield Part(decode(content, encoding_for(content, options.encoding)))


def content_of(file: BinaryIO, max_mb: int) -> bytes:
    """All of a file.

    Raises:
        RejectedFile: it is empty or too large.
    """
    content = file.read(max_mb * 1_000_000 + 1)
    if len(content) > max_mb * 1_000_000:
        raise RejectedFile(f"larger than {max_mb} MB: split it, or raise max_file_mb")
    if not content.strip():
        raise RejectedFile(EMPTY)
    return content


def encoding_for(content: bytes, named: str | None) -> str | None:
    """The encoding that the user named, unless the content is UTF-8, as most files are."""
    if named and b"\0" not in content:
        try:
            content.decode()
        except UnicodeDecodeError:
            return named
        return None
    return named


def decode(content: bytes, encoding: str | None) -> str:
    """Decode text; a byte order mark wins over the name, and no name means UTF-8.

    Raises:
        RejectedFile: it is not valid in that encoding, is binary, or has nothing but blanks.
    """
    for bom, name in BOMS:
        if content.startswith(bom):
            encoding = name
            break
    else:
        wide = (encoding or "").lower().replace("_", "-").startswith(("utf-16", "utf-32"))
        if b"\0" in content and not wide:
            raise RejectedFile(_what_has_nul(content))
    try:
        text = content.decode(encoding or "utf-8")
        text.encode()  # a few codecs, such as UTF-7, give halves of letters
    except LookupError:
        raise RejectedFile(
            f"declares the unknown encoding {encoding!r}: convert it to UTF-8, or name its"
            " encoding with --encoding"
        ) from None
    except (UnicodeDecodeError, UnicodeError) as exc:
        where = f" (at byte {exc.start:,})" if isinstance(exc, UnicodeDecodeError) else ""
        raise RejectedFile(
            f"not valid {encoding or 'UTF-8'}{where}: convert it to UTF-8, or name its encoding,"
            " such as --encoding cp1252"
        ) from exc
    controls = sum(c < " " and c not in "\t\n\r\f\v" for c in text[:20_000])
    if controls > 0.02 * min(len(text), 20_000) or "\0" in text:
        raise RejectedFile(_BINARY)
    if not text.strip():
        raise RejectedFile(EMPTY)
    return text


def _what_has_nul(content: bytes) -> str:
    """Text of two bytes a letter without a mark is told from what is no text at all."""
    head = content[:2000]
    for name, *zeros in (
        ("utf-32-le", head[2::4], head[3::4]),
        ("utf-32-be", head[0::4], head[1::4]),
        ("utf-16-le", head[1::2]),
        ("utf-16-be", head[0::2]),
    ):
        if all(len(z) > 3 and z.count(0) > 0.7 * len(z) for z in zeros):
            kind = name[:6].upper()
            return f"{kind} without a byte order mark: name its encoding with --encoding {name}"
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if head.count(0) < 0.01 * len(head) and controls < 0.02 * len(head):
        at = content.index(0)
        return f"has a NUL byte (at byte {at:,}): remove it, or convert the file to .txt anew"
    return _BINARY
