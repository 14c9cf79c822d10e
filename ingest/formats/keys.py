"""Names for the articles of one file, each given once."""

from __future__ import annotations

import re
from hashlib import blake2b

import numpy as np

__all__ = ["Keys"]

_POSITION = re.compile(r"(?:line|item|message) \d+")
_MOST_LOOSE = 100_000


class Keys:
    """The names given so far.

    Of each, 8 bytes of its digest are kept, those of most of them in one sorted array: a
    file may hold millions of articles, and a set takes 100 bytes for each.
    """

    def __init__(self) -> None:
        self._loose: set[int] = set()
        self._sorted = np.zeros(0, np.uint64)

    def take(self, *wanted: str | None, position: str) -> str:
        """The first of the names that is not given yet, else the position.

        Names that look like positions are passed over, so that the two never clash.
        """
        for name in wanted:
            if name and not _POSITION.fullmatch(name) and self._is_new(name):
                return name
        return position

    def _is_new(self, name: str) -> bool:
        digest = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big")
        at = int(np.searchsorted(self._sorted, np.uint64(digest)))
        if digest in self._loose or (at < len(self._sorted) and int(self._sorted[at]) == digest):
            return False
        self._loose.add(digest)
        if len(self._loose) > _MOST_LOOSE:
            both = (self._sorted, np.fromiter(self._loose, np.uint64, len(self._loose)))
            self._sorted = np.sort(np.concatenate(both))
            self._loose.clear()
        return True
