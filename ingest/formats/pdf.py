"""PDF files: the text of their pages, by pypdf."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import BinaryIO

import pypdf
from pypdf.errors import DependencyError, FileNotDecryptedError, LimitReachedError

from ingest.formats.part import Part, ReadOptions
from ingest.formats.plain import content_of
from ingest.formats.storable import masthead, text_fault
from ingest.masthead import Masthead
from rag.errors import RejectedFile

__all__ = ["articles"]

_MOST_PAGES = 2000
# Less than a process that reads may take at all, so that the reason is told.
_MOST_SECONDS = 45.0
_LIMITS = pypdf.Configuration(
    # A page of text is far below a megabyte; pictures, which are large, are not inflated.
    zlib_maximum_output_length=20_000_000,
    lzw_maximum_output_length=20_000_000,
    run_length_maximum_output_length=20_000_000,
    brotli_maximum_output_length=20_000_000,
    array_based_stream_maximum_output_length=20_000_000,
    stream_decoding_work_maximum_length=60_000_000,
    xform_maximum_invocations_per_extraction=500,
    page_tree_maximum_entries=10_000,
    jbig2dec_binary=None,
)
# What programs put there when nobody has given a title.
_NO_TITLE = re.compile(
    r"(?:microsoft (?:word|powerpoint|excel) - .*|untitled.*|(?:document|slide) ?\d*"
    r"|\S+\.(?:docx?|pdf|indd|qxd|rtf|tex|dvi|pptx?|xlsx?|html?)|[\W\d_]*)",
    re.IGNORECASE,
)
# What pypdf logs where it goes on with a part of the text gone.
_LOST = re.compile(
    r"Error -\d|Impossible to decode|further form content|not defined\.|not a stream or an array"
    r"|Rebuilding it|can not be read"
)
_EOF = b"%%EOF"
_NO_LETTERS = "its fonts do not say which letters they show: run it through OCR first"
# Where the fonts that come with Windows and Linux have fi and fl; Chromium writes them so.
_LIGATURES = {0xF001: "fi", 0xF002: "fl"}
_PRIVATE = re.compile(r"[\ue000-\uf8ff]")


def articles(file: BinaryIO, options: ReadOptions) -> Iterator[Part]:
    """The text of a PDF, which is one article, with a blank line between pages.

    The date in it is the file's own, not that of publication, and is not taken.

    Raises:
        RejectedFile: it is damaged, has a password or no text, or takes too long.
    """
    content = content_of(file, options.max_mb)
    # Every way of writing PDFs ends them so; one that is cut off loses its last pages.
    if _EOF not in content[-2048:]:
        raise RejectedFile("a PDF that is cut off: copy it anew")
    lost = _Lost()
    log = logging.getLogger("pypdf")
    log.addHandler(lost)
    try:
        with pypdf.apply_configuration(_LIMITS):
            part = _part(content, options)
    except RejectedFile:
        raise
    except FileNotDecryptedError as exc:
        raise RejectedFile("an encrypted PDF: save it without its password") from exc
    except DependencyError as exc:
        raise RejectedFile("a PDF of a kind that is not read: print it to a new one") from exc
    except LimitReachedError as exc:
        raise RejectedFile("a PDF that inflates without end: print it to a new one") from exc
    except (MemoryError, RecursionError) as exc:
        raise RejectedFile("a PDF too intricate to be read: print it to a new one") from exc
    except Exception as exc:
        # On damaged files pypdf fails in every way that Python knows.
        raise RejectedFile("a damaged PDF: save it anew") from exc
    finally:
        log.removeHandler(lost)
    if lost.said:
        raise RejectedFile("a damaged PDF, of which a part can't be read: save it anew")
    yield part


def _part(content: bytes, options: ReadOptions) -> Part:
    until = time.monotonic() + _MOST_SECONDS
    most = options.max_mb * 1_000_000

    def check(*_: object) -> None:
        if time.monotonic() > until:
            raise RejectedFile(
                f"a PDF that takes more than {_MOST_SECONDS:.0f} seconds to read: split it, or"
                " print it to a new one"
            )

    reader = pypdf.PdfReader(BytesIO(content))
    if len(reader.pages) > _MOST_PAGES:
        raise RejectedFile(f"a PDF of more than {_MOST_PAGES:,} pages: split it")
    pages: list[str] = []
    size = 0
    for page in reader.pages:
        check()
        found = page.extract_text(visitor_operand_before=check, visitor_text=_see_letters)
        text = found.translate(_LIGATURES).strip()
        size += len(text)
        if size > most:
            raise RejectedFile(f"larger than {options.max_mb} MB: split it, or raise max_file_mb")
        if text:
            pages.append(text)
    check()
    text = "\n\n".join(pages)
    if not text:
        raise RejectedFile("no text in it, only pictures: run it through OCR first")
    if text_fault(text, options.max_mb) or len(_PRIVATE.findall(text)) > 0.02 * len(text):
        raise RejectedFile(_NO_LETTERS)
    return Part(text, _stated(reader))


def _see_letters(
    text: str, _cm: object, _tm: object, font: Mapping[str, object] | None, *_: object
) -> None:
    """Refuse text whose letters are mere numbers of shapes: pypdf takes them for Unicode."""
    if font and text.strip() and font.get("/Subtype") == "/Type0":
        by_shape = str(font.get("/Encoding")).startswith("/Identity")
        if by_shape and "/ToUnicode" not in font:
            raise RejectedFile(_NO_LETTERS)


def _stated(reader: pypdf.PdfReader) -> Masthead:
    try:
        said = reader.metadata
        title, author = (said.title, said.author) if said else (None, None)
    except Exception:
        return Masthead()  # the text is whole all the same
    title = None if title and _NO_TITLE.fullmatch(title.strip()) else title
    return masthead(title=title, byline=author)


class _Lost(logging.Handler):
    """Notes whether pypdf says, in this thread, that it could not read something."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said = False
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Take what is logged."""
        if record.thread == self._thread and _LOST.search(record.getMessage()):
            self.said = True
