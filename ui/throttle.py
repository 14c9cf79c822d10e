"""How many wrong passwords a name and an address have before they must wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

__all__ = ["ADDRESS_TRIES", "NAME_TRIES", "WINDOW_SECONDS", "Throttle"]

NAME_TRIES = 5
ADDRESS_TRIES = 20
WINDOW_SECONDS = 15 * 60
_MOST = 20_000
"""Names, and addresses, remembered. At 0.1 s a try, two at once, no more than 18,000 tries are
checked in a window, so nobody's count is pushed out by others' tries."""

_Tries = dict[str, tuple[float, ...]]


class Throttle:
    """Counts tries to sign in. Safe to use from several threads.

    A try counts from its beginning, or else many at once would all get through before the
    first of them turned out to be wrong.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._names: _Tries = {}
        self._addresses: _Tries = {}

    def begin(self, name: str, address: str) -> float:
        """Begin a try: 0 where it may go on, else the seconds to wait (and it doesn't count)."""
        now = self._clock()
        limits = (
            (self._names, name, NAME_TRIES),
            (self._addresses, _network(address), ADDRESS_TRIES),
        )
        with self._lock:
            recent = [
                tuple(t for t in tries.get(key, ()) if t > now - WINDOW_SECONDS)
                for tries, key, _ in limits
            ]
            waits = [
                times[0] + WINDOW_SECONDS - now
                for times, (_, _, most) in zip(recent, limits, strict=True)
                if len(times) >= most
            ]
            if waits:
                return max(waits)
            for times, (tries, key, _) in zip(recent, limits, strict=True):
                tries.pop(key, None)
                tries[key] = (*times, now)
                if len(tries) > _MOST:
                    del tries[next(iter(tries))]
        return 0.0

    def forgive(self, name: str, address: str) -> None:
        """The try was right: it doesn't count, nor do the name's earlier ones.

        The address keeps its earlier ones, or else one's own password would buy more tries at
        others'.
        """
        network = _network(address)
        with self._lock:
            self._names.pop(name, None)
            if times := self._addresses.pop(network, ())[:-1]:
                self._addresses[network] = times


def _network(address: str) -> str:
    """What counts as one address: of IPv6 a /64, which is what a household is given."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if not isinstance(ip, IPv6Address):
        return str(ip)
    return str(ip.ipv4_mapped or ip_network((int(ip), 64), strict=False))
