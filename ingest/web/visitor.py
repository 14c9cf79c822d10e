"""A visitor of sites: asks each for its rules first, and not too often."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from ingest.web.address import Address
from ingest.web.fetch import Fetched, Limits, Unchanged, Validators, fetch
from ingest.web.network import Network
from ingest.web.robots import MAX_MB, Robots, robots_at

__all__ = ["Visitor"]


class Visitor:
    """Fetches pages for one run; to be used by one thread.

    A page's redirects and the site's robots.txt do not wait for the page's own delay: a
    browser asks for as much at once.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        allow_private: bool = False,
        known: Mapping[str, Validators] | None = None,
        network: Network | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`known` are the `validators` of earlier runs."""
        self.validators: dict[str, Validators] = {}
        """What tells the next run that a page is unchanged; only of pages that `took` named. Put
        them beside those known before."""
        self.allow_private = allow_private
        self._limits = limits or Limits()
        self._known = known or {}
        self._network = network
        self._sleep = sleep
        self._pending: dict[str, Validators] = {}
        self._robots: dict[tuple[str, bool], Robots] = {}
        self._left: dict[str, float] = {}
        """When each host was last left, on the monotonic clock."""

    def get(
        self, url: str, *, known_as: str | None = None, allow_private: bool | None = None
    ) -> Fetched | Unchanged:
        """Fetch a page as its site allows.

        Args:
            url: http or https.
            known_as: its name among the validators, the URL if None.
            allow_private: for this page only.

        Raises:
            RejectedFile: it can't be fetched, or the site wants no programs there.
        """
        private = self.allow_private if allow_private is None else allow_private
        hops: list[Address] = []

        def before(address: Address, allow_private: bool) -> None:
            robots = self._robots_of(address, allow_private)
            robots.check(address.url)
            self._wait(address.host, robots.delay_s)
            hops.append(address)

        known = self._known.get(known_as or url)
        try:
            fetched = fetch(
                url,
                self._limits,
                allow_private=private,
                known=known,
                before=before,
                network=self._network,
            )
        finally:
            for hop in hops:
                self._left[hop.host] = time.monotonic()
        validators = known if isinstance(fetched, Unchanged) else fetched.validators
        if validators:
            self._pending[known_as or url] = validators
        return fetched

    def took(self, known_as: str) -> None:
        """Say that what was got under a name need not be read again while it is unchanged."""
        if known_as in self._pending:
            self.validators[known_as] = self._pending.pop(known_as)

    def _robots_of(self, address: Address, allow_private: bool) -> Robots:
        site = (address.origin, allow_private)
        if (robots := self._robots.get(site)) is None:
            robots = robots_at(address.origin, lambda u: self._rules(u, allow_private))
            self._robots[site] = robots
        return robots

    def _rules(self, url: str, allow_private: bool) -> Fetched:
        limits = replace(self._limits, max_mb=MAX_MB)
        fetched = fetch(url, limits, allow_private=allow_private, types=None, network=self._network)
        assert isinstance(fetched, Fetched)  # nothing was known of it
        return fetched

    def _wait(self, host: str, wanted_s: float) -> None:
        if host not in self._left:
            return
        delay = min(max(self._limits.delay_s, wanted_s), self._limits.longest_delay_s)
        wait = self._left[host] + delay - time.monotonic()
        if wait > 0:
            self._sleep(wait)
