"""The encodings that files begin with or declare, by the names that Python has for them."""

from __future__ import annotations

import codecs

__all__ = ["BOMS", "charset_named"]

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks; the longer of two that begin alike first."""

# What is meant by these names, as browsers read them (encoding.spec.whatwg.org).
_MEANT = {
    "iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
    "iso-8859-9": "cp1254", "iso-8859-8-i": "iso-8859-8", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "x-sjis": "cp932",
    "euc-kr": "cp949", "ks_c_5601-1987": "cp949",
}  # fmt: skip
# Python's own, which no text is in; to decode punycode takes a time that grows with its square.
_NOT_MEANT = frozenset("idna punycode undefined unicode_escape raw_unicode_escape mbcs oem".split())


def charset_named(declared: str) -> str | None:
    """The encoding that a file means by that name; None where it is none of text."""
    name = declared.strip().lower()
    name = _MEANT.get(name, name)
    try:
        "a".encode(name)  # fails for what Python calls a codec but is none of text
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    # Its own name: Python passes over signs in the one declared that a reason can't show.
    return None if found.replace("-", "_") in _NOT_MEANT else found
