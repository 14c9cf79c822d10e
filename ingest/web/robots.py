"""What a site's robots.txt lets programs fetch (RFC 9309).

Read by Protego: the standard library's parser takes the first rule that fits, not the
longest, knows no `*` within a path, and passes over `Crawl-delay: 0.5`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from protego import Protego

from ingest.web.exchange import AGENT
from ingest.web.fetch import Fetched
from ingest.web.reach import HostFault
from ingest.web.status import StatusFault
from rag.errors import RejectedFile

__all__ = ["MAX_MB", "Robots", "robots_at"]

MAX_MB = 0.5
"""As RFC 9309 asks at least."""


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules of one site, or why it can't be asked."""

    rules: Protego | None = None
    """None where there are none."""
    fault: str | None = None

    def check(self, url: str) -> None:
        """Let through what the site lets programs fetch.

        Raises:
            RejectedFile: it doesn't let them fetch this, or its rules could not be read.
        """
        if self.fault:
            raise RejectedFile(self.fault)
        if self.rules and not self.rules.can_fetch(url, AGENT):
            raise RejectedFile(
                "closed to programs by the site's robots.txt: save the page with a browser and"
                " ingest the file"
            )

    @property
    def delay_s(self) -> float:
        """The time that the site wants between two requests, as written; 0 where it names none."""
        return (self.rules.crawl_delay(AGENT) if self.rules else None) or 0


def robots_at(origin: str, get: Callable[[str], Fetched]) -> Robots:
    """The rules of a site: none if it has no such file, closed if it can't be read."""
    try:
        fetched = get(f"{origin}/robots.txt")
    except HostFault as exc:
        return Robots(fault=str(exc))
    except RejectedFile as exc:
        if isinstance(exc, StatusFault) and exc.status < 500:
            return Robots()
        clause = str(exc).split(":")[0]
        return Robots(
            fault=f"the site's robots.txt can't be read ({clause}), so nothing is fetched from it:"
            " try again later"
        )
    return Robots(Protego.parse(fetched.content.decode("utf-8-sig", "replace")))
