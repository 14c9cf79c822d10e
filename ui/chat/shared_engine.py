"""One engine for all who ask, opened anew when the library has changed.

Nobody waits for indexes to be mended: that is done in the background, and till then the
library is searched without them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rag.closing import Closing
from rag.engine import Engine
from rag.errors import EmptyLibrary, LibraryError
from rag.index_mark import Mark
from rag.indexes import Indexes
from rag.library import Library
from rag.settings import Settings
from ui.chat.index_mender import IndexMender

__all__ = ["SharedEngine"]

_PATIENCE_S = 10.0
"""While an ingest runs, the library changes with every article. The indexes follow at its end;
till then the engine that is open goes on, and takes in what is new this often."""


_LOOKED_S = 0.25
"""Whether the library has changed is looked up no more often."""


@dataclass(slots=True)
class _Open:
    engine: Engine
    generation: int
    since: float
    whole: bool
    """Whether it searches the indexes of its library's generation."""
    published: Mark | None
    """What indexes there were when it was opened."""
    looked: float = 0.0
    users: int = 0


class SharedEngine(Closing):
    """Lends an engine to any number of threads."""

    def __init__(
        self,
        home: Path,
        settings: Settings,
        replies: Path | None,
        notify: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._home = home
        self._settings = settings
        self._replies = replies
        self._mender = IndexMender(home, notify)
        self._lock = threading.Lock()
        self._open: _Open | None = None
        self._closed = False

    def close(self) -> None:
        """Close the engine once nobody uses it; none is lent any more."""
        with self._lock:
            self._closed = True
            self._retire()
        self._mender.close()

    @contextmanager
    def lent(self) -> Iterator[Engine]:
        """The engine of the library as it is now.

        Raises:
            EmptyLibrary: there is nothing to ask.
            LibraryError: the library can't be read.
        """
        with self._lock:
            if self._closed:
                raise LibraryError("Citewire is being stopped.")
            current = self._fresh()
            current.users += 1
        try:
            yield current.engine
        finally:
            with self._lock:
                current.users -= 1
                if current.users == 0 and current is not self._open:
                    current.engine.close()

    def let_go(self, engine: Engine) -> None:
        """Lend another from now on: this one does not fit the library any more."""
        with self._lock:
            if self._open is not None and self._open.engine is engine:
                self._retire()

    def _fresh(self) -> _Open:
        if self._open is not None and not self._is_behind(self._open):
            return self._open
        self._retire()
        # Looked up before: what changes meanwhile is taken in by the next.
        generation, published = self._now()
        engine = Engine(self._home, self._settings, replies=self._replies, wait=False)
        if not engine.whole:
            self._mender.start()
        self._open = _Open(engine, generation, time.monotonic(), engine.whole, published)
        return self._open

    def _now(self) -> tuple[int, Mark | None]:
        """The library's generation, and what indexes there are."""
        if not Library.exists(self._home):
            return 0, None
        with Library(self._home) as library:
            return library.generation, Indexes(self._home, library).published()

    def _is_behind(self, held: _Open) -> bool:
        library, now = held.engine.library, time.monotonic()
        if now - held.looked < _LOOKED_S:
            return False
        held.looked = now
        if library.generation == held.generation:
            if held.whole:
                return False
            indexes = Indexes(self._home, library)
            if indexes.published() != held.published:
                return indexes.state() == "current"
            # Nobody has published any since; what keeps them from it may have passed.
            self._mender.start()
            return False
        if library.counts().articles == 0:
            self._retire()
            raise EmptyLibrary("The library has no articles any more; add some.")
        settled = Indexes(self._home, library).state() == "current"
        return settled or now - held.since > _PATIENCE_S

    def _retire(self) -> None:
        """Let go of the engine; whoever still uses it closes it."""
        held, self._open = self._open, None
        if held is not None and held.users == 0:
            held.engine.close()
