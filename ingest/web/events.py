"""What is read at an address, as the events that files are read to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from ingest.formats.part import BadPart, Part
from ingest.parsed import Event, FileRead, Rejected, Rules, parsed
from ingest.read import Source
from ingest.web.fetch import Unchanged, Validators
from ingest.web.pages import sources_at
from ingest.web.visitor import Visitor
from rag.errors import RejectedFile

__all__ = ["known_by", "read_address", "shown_address", "stamp_for"]

_BEGIN = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:)?[/\\]{2,}|\s*https?:[/\\]*", re.IGNORECASE)
_PORT = re.compile(r"[^:]*(?::\d*)?|.*\]\s*(?::\d*)?")
_USER = re.compile(r"(?<=//)[^/?#\s'\"]*@")


def read_address(url: str, visitor: Visitor, rules: Rules, *, follow: bool) -> Iterator[Event]:
    """The articles at an address, then how it ended.

    Args:
        url: of a page or a feed.
        visitor: of this run.
        rules: how articles are split.
        follow: whether to fetch the pages that a feed links to.
    """
    try:
        for part in sources_at(url, visitor, rules.options, follow=follow):
            if isinstance(part, Unchanged):
                yield FileRead("", "", same=True)
                return
            if isinstance(part, BadPart):
                yield part._replace(reason=_USER.sub("", part.reason))
            elif isinstance(part, Part):
                yield parsed(Source(url, part.text, part.stated, part.key), 1.0, rules)
    except RejectedFile as exc:
        yield Rejected(_USER.sub("", str(exc)))
        return
    except Exception as exc:  # a page that breaks a parser must not stop the others
        yield Rejected(f"could not be understood ({type(exc).__name__}): save it as plain text")
        return
    name = known_by(url, follow=follow)
    validators = visitor.validators.get(name)
    yield FileRead("", stamp_for(validators) if validators else "")


def shown_address(url: str) -> str:
    """An address without the user name and the password in it.

    What names a user is never fetched, but it would be told, and end in logs.
    """
    begin = match[0] if (match := _BEGIN.match(url)) else ""
    rest = url[len(begin) :]
    authority = re.split(r"[/\\?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        return begin + rest[authority.rindex("@") + 1 :]
    if "@" in rest and not _PORT.fullmatch(authority):
        # No port, but the beginning of a password with a slash in it.
        return begin + rest[rest.rindex("@") + 1 :]
    return url


def known_by(url: str, *, follow: bool) -> str:
    """Under which name `sources_at` knows an address again."""
    return f"{url} follow" if follow else url


def stamp_for(validators: Validators) -> str:
    """What is stored to know an address again; `Validators(*json.loads(…))` undoes it."""
    return json.dumps(validators)
