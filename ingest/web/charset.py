"""The encoding of what was fetched: the server's word goes before the page's own.

That is how browsers have it. As in files, what is not valid in its encoding is rejected.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import replace
from typing import NamedTuple

from ingest.formats.charsets import charset_named
from ingest.formats.html import declared_encoding
from ingest.formats.part import ReadOptions
from ingest.formats.plain import decode, encoding_for
from rag.errors import RejectedFile

__all__ = ["Readable", "readable"]

# Python has more: decoding `punycode` takes quadratic time, hours for a page of 20 MB, and
# `unicode_escape` makes another text of it.
_OF_THE_WEB = re.compile(
    r"utf-?8|utf-?16(?:le|be)?|(?:us-)?ascii|iso-?8859-(?:\d|1[0-6])(?:-[ie])?|latin-?\d"
    r"|windows-(?:874|125[0-8])|(?:x-)?cp125[0-8]|cp(?:866|874|9(?:32|49|50))|ibm866|koi8-[ru]"
    r"|(?:x-)?mac(?:intosh|-cyrillic)|tis-620|gb(?:2312|k|18030)|big5(?:-hkscs)?"
    r"|(?:x-)?(?:shift[_-]jis|sjis)|windows-31j|euc-(?:jp|kr)|iso-2022-jp|ks_c_5601-1987"
)


class Readable(NamedTuple):
    """Content that a reader of a format decodes rightly with these options."""

    content: bytes
    options: ReadOptions


def readable(content: bytes, charset: str | None, reader: str, options: ReadOptions) -> Readable:
    """Make sure that a reader takes content in the encoding that it is in.

    Args:
        content: as fetched.
        charset: as the server names it; passed over where it is no encoding of the web.
        reader: the module in `ingest.formats` that is going to read it.
        options: an encoding named there goes before all others, except UTF-8 that is valid.

    Raises:
        RejectedFile: it is not valid in that encoding, or declares none of the web.
    """
    if reader == "pdf" or options.encoding:
        return Readable(content, options)
    declared = None if reader == "plain" else declared_encoding(content)
    if charset and not _OF_THE_WEB.fullmatch(charset):
        charset = None
    if not charset and declared and not _OF_THE_WEB.fullmatch(declared.lower()):
        raise RejectedFile(
            f"declares the unknown encoding {declared[:40]!r}: name its encoding with --encoding"
        )
    if not charset:
        return Readable(content, options)
    if reader == "feeds":
        # XML that names its encoding is right more often than a server's general setting.
        encoding = None if declared else encoding_for(content, charset)
        return Readable(content, replace(options, encoding=encoding))
    text = decode(content, _codec(charset))
    return Readable(codecs.BOM_UTF8 + text.encode(), options)


def _codec(charset: str) -> str:
    if charset.startswith("utf"):  # a page can't truly declare itself UTF-16, a server can
        return {"utf-16": "utf-16-le", "utf16": "utf-16-le"}.get(charset, charset)
    return charset_named(charset) or charset
