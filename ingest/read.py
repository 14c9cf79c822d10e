"""Reading files: which there are, and their text exactly as decoded.

Nothing is guessed: a file that is not valid in its encoding is rejected, with the place
where it breaks, rather than read with letters dropped or replaced.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.masthead import Masthead
from rag.errors import NotFound, RejectedFile

__all__ = ["EXTENSIONS", "Source", "find_files", "read"]

_PLAIN = frozenset({".txt", ".text", ".md", ".markdown", ""})
_HTML = frozenset({".html", ".htm", ".xhtml"})
EXTENSIONS = _PLAIN | _HTML

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHER_FORMATS = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a Word, EPUB or zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Word file"),
    (b"{\\rtf", "an RTF file"),
    (b"\x1f\x8b", "a compressed file"),
)
_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!doctype\s+html|<html[\s>])", re.IGNORECASE
)
# What pages mean by these names, as browsers read them (encoding.spec.whatwg.org).
_WEB_ENCODINGS = {
    "iso-8859-1": "cp1252", "latin1": "cp1252", "ascii": "cp1252", "us-ascii": "cp1252",
    "iso-8859-9": "cp1254", "iso-8859-8-i": "iso-8859-8", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949", "x-sjis": "cp932", "utf-16": "utf-8", "utf-16le": "utf-8",
    "utf-16be": "utf-8",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """A file's text and what the file's format states about it."""

    path: Path
    text: str
    stated: Masthead = field(default_factory=Masthead)


def find_files(paths: Sequence[Path]) -> Iterator[Path]:
    """Every file named, and every file in the folders named, each once, folders sorted.

    Hidden files and folders are passed over, and so is the `NAME_files` folder that a
    browser saves beside `NAME.html`. Links to folders are not followed.

    Raises:
        NotFound: a path does not exist.
    """
    for path in paths:
        if not os.path.lexists(path):
            raise NotFound(f"There is nothing at {str(path)!r}; check the path.")
    seen: set[Path] = set()
    for path in paths:
        for file in _walk(path) if path.is_dir() else iter((path,)):
            absolute = file.absolute()
            normal = Path(os.path.normpath(absolute))
            if normal not in seen:
                seen.add(normal)
                yield normal


def read(path: Path, max_mb: int, encoding: str | None = None, named: bool = True) -> Source:
    """Read one file.

    Args:
        path: an absolute path.
        max_mb: the largest size taken, in megabytes.
        encoding: for a file that is not UTF-8.
        named: whether the user named the file itself; one found in a folder has to have
            an extension that is known.

    Raises:
        RejectedFile: the file can't be taken; the message says why and what to do.
    """
    suffix = path.suffix.lower()
    if suffix not in EXTENSIONS and not named:
        raise RejectedFile(
            f"not a type that is read ({suffix}): convert it to .txt, .md or .html, or name"
            " the file itself if it is plain text"
        )
    content = _bytes_of(path, max_mb)
    if encoding and _is_utf8(content):
        encoding = None  # it was named for the files that are not
    if suffix in _HTML or _PAGE.match(content.removeprefix(codecs.BOM_UTF8)[:1000]):
        # trafilatura takes 0.2 s to import and most collections have no HTML.
        from ingest.html import declared_encoding, main_text, stated_by  # noqa: PLC0415

        declared = (declared_encoding(content) or "").lower()
        html = _decode(content, encoding or _WEB_ENCODINGS.get(declared, declared) or None)
        text = main_text(html)
        if not text.strip():
            raise RejectedFile("no article text found in the page: save it as text instead")
        return Source(path, text, stated_by(html))
    return Source(path, _decode(content, encoding))


def _bytes_of(path: Path, max_mb: int) -> bytes:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise RejectedFile("its name is not valid UTF-8: rename it") from None
    try:
        if path.is_symlink() and not path.exists():
            raise RejectedFile("a link to nothing: remove it, or put the file back")
        if path.is_dir():
            raise RejectedFile("a folder that can't be opened: check its permissions")
        if not path.is_file():
            raise RejectedFile("not a file; name a file or a folder")
        if path.stat().st_size > max_mb * 1_000_000:
            raise RejectedFile(f"larger than {max_mb} MB: split it, or raise max_file_mb")
        content = path.read_bytes()
    except OSError as exc:
        raise RejectedFile(f"can't be read ({exc.strerror}): check its permissions") from exc
    if not content.strip():
        raise RejectedFile("empty: put the article's text into it, or remove it")
    for start, what in _OTHER_FORMATS:
        if content.startswith(start):
            raise RejectedFile(f"{what}, not text: convert it to .txt, .md or .html")
    return content


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in content


def _decode(content: bytes, encoding: str | None) -> str:
    for bom, name in _BOMS:
        if content.startswith(bom):
            encoding = name
            break
    else:
        wide = (encoding or "").lower().replace("_", "-").startswith(("utf-16", "utf-32"))
        if b"\0" in content and not wide:
            raise RejectedFile("a binary file, not text: convert it to .txt, .md or .html")
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
        raise RejectedFile("a binary file, not text: convert it to .txt, .md or .html")
    if not text.strip():
        raise RejectedFile("empty: put the article's text into it, or remove it")
    return text


def _walk(folder: Path) -> Iterator[Path]:
    shut: list[Path] = []
    for base, folders, names in os.walk(folder, onerror=lambda e: shut.append(Path(e.filename))):
        pages = {Path(n).stem for n in names if Path(n).suffix.lower() in _HTML}
        folders[:] = sorted(
            f
            for f in folders
            if not f.startswith(".")
            and not (f.endswith("_files") and f.removesuffix("_files") in pages)
        )
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(base) / name
    # Handed on as if they were files, so that `read` says what is wrong with each.
    yield from shut
