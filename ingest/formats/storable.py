"""What can be stored of an article: whole Unicode text, and metadata of one line each."""

from __future__ import annotations

import re

from ingest.dates import parse_date
from ingest.masthead import Masthead

__all__ = ["masthead", "one_line", "text_fault"]

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_BINARY = bytes((*range(9), *range(14, 32)))
_SCHEME = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_LONGEST = 1000


def text_fault(text: str, max_mb: int) -> str | None:
    """Why this can't be an article's text; None where it can."""
    if not text.strip():
        return "no text in it"
    if len(text) > max_mb * 1_000_000:
        return f"larger than {max_mb} MB: split it, or raise max_file_mb"
    try:
        content = text.encode()
    except UnicodeEncodeError as exc:
        return f"half of a surrogate pair in its text (at character {exc.start:,}): write it anew"
    if len(content) > max_mb * 1_000_000:
        return f"larger than {max_mb} MB: split it, or raise max_file_mb"
    head = content[:20_000]
    if "\0" in text or len(head) - len(head.translate(None, _BINARY)) > 0.02 * len(head):
        return "control characters among its letters: write it anew as text"
    return None


def masthead(
    title: object = None,
    outlet: object = None,
    published: object = None,
    byline: object = None,
    url: object = None,
) -> Masthead:
    """A masthead of what a format states, each value tidied to one line or left out."""
    address = one_line(url)
    stated = one_line(published)
    return Masthead(
        title=one_line(title),
        outlet=one_line(outlet),
        published=parse_date(stated) if stated else None,
        byline=one_line(byline),
        url=None if address and (" " in address or _SCHEME.match(address)) else address,
    )


def one_line(value: object) -> str | None:
    """Text or a whole number as one line; None for all else, and for what is too long."""
    if isinstance(value, int) and not isinstance(value, bool):
        # Thousands of digits are no year and no id, and Python refuses to write them out.
        value = str(value) if abs(value) < 10**20 else None
    if not isinstance(value, str) or len(value) > 10 * _LONGEST:
        return None
    # Half of a surrogate pair, which an escape in JSON can give, can't be stored.
    whole = _CONTROLS.sub(" ", value.encode("utf-8", "ignore").decode())
    line = " ".join(whole.split())
    return line if 0 < len(line) <= _LONGEST else None
