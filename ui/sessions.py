"""Who is signed in: kept in memory, so a restart signs everybody out."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["IDLE_SECONDS", "LONGEST_SECONDS", "Session", "Sessions"]

IDLE_SECONDS = 12 * 60 * 60
"""A session ends when nothing was asked in it for so long."""
LONGEST_SECONDS = 7 * 24 * 60 * 60
"""A session ends so long after signing in, whatever was asked."""
_MOST = 10_000


class Session(NamedTuple):
    """One browser that somebody signed in with."""

    name: str
    stamp: str
    """`User.stamp` at signing in: with another one the password has changed since."""
    started: float
    used: float


class Sessions:
    """Sessions by token, of which only the SHA-256 is kept. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._by_digest: dict[bytes, Session] = {}
        """In the order of signing in."""

    def start(self, name: str, stamp: str = "") -> str:
        """Begin a session; gives its token, 43 characters of base64url."""
        token = secrets.token_urlsafe(32)
        now = self._clock()
        with self._lock:
            if len(self._by_digest) >= _MOST:
                self._keep(lambda session: _live(session, now))
            while len(self._by_digest) >= _MOST:
                del self._by_digest[next(iter(self._by_digest))]
            self._by_digest[_digest(token)] = Session(name, stamp, now, now)
        return token

    def session_of(self, token: str) -> Session | None:
        """The token's session, which counts as used now; None once it has ended."""
        digest, now = _digest(token), self._clock()
        with self._lock:
            session = self._by_digest.get(digest)
            if session is None:
                return None
            if not _live(session, now):
                del self._by_digest[digest]
                return None
            self._by_digest[digest] = session = session._replace(used=now)
        return session

    def name_of(self, token: str) -> str | None:
        """Whose session it is; None once it has ended."""
        session = self.session_of(token)
        return session and session.name

    def end(self, token: str) -> None:
        """End a session. A token that is none does no harm."""
        with self._lock:
            self._by_digest.pop(_digest(token), None)

    def end_all(self, name: str) -> None:
        """End every session of that name, in whatever browser."""
        with self._lock:
            self._keep(lambda session: session.name != name)

    def _keep(self, kept: Callable[[Session], bool]) -> None:
        self._by_digest = {d: s for d, s in self._by_digest.items() if kept(s)}


def _live(session: Session, now: float) -> bool:
    return now - session.used < IDLE_SECONDS and now - session.started < LONGEST_SECONDS


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
