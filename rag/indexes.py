"""The two derived indexes, kept in step with the library or rebuilt from it.

`index/current.json` names the folder in use, and the library's identity and generation that
it was made from. A folder is made aside, proven, and published by renaming that mark; from
then on its files stay as they are, so whatever happens to them shows. Only a folder of the
library's very generation, whose files are as they were recorded, is ever opened; in any doubt
a new one is built. No re-embedding is needed: the vectors are in the library.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal

from rag.errors import LibraryBusy, LibraryError
from rag.index_build import Progress, build, follow, read_contents
from rag.index_documents import passage_text
from rag.index_faults import Unfit
from rag.index_files import DATABASE, altered, record_opened
from rag.index_mark import FORMAT, Mark, read_mark, write_mark
from rag.index_opening import OpenIndexes, instead, opened, told_of
from rag.index_probe import probed
from rag.library import Library
from rag.library_digest import digests
from rag.lock import InUse, is_used, opening, writer_lock

__all__ = ["IndexState", "Indexes", "OpenIndexes", "Progress", "Unfit", "passage_text"]

IndexState = Literal["current", "stale", "damaged", "missing"]
_TRIES = 3
"""Another process may publish others between the look at the mark and the opening."""


def _silent(done: int, total: int) -> None:
    """Progress that nobody watches."""


class Indexes:
    """The indexes of one library."""

    def __init__(self, home: Path, library: Library) -> None:
        self._root = home / "index"
        self._home = home
        self._library = library

    def state(self) -> IndexState:
        """One word for people. Of the files, only size and time are looked at."""
        mark = read_mark(self._root)
        if mark is None:
            return "missing"
        if not self._is_current(mark):
            return "stale"
        found = altered(self._root / mark.folder, thorough=False)
        # Chroma's opening alters its database for a moment.
        return "damaged" if set(found) - {DATABASE} else "current"

    def published(self) -> Mark | None:
        """What is published now; another one after each change to the indexes."""
        return read_mark(self._root)

    def open(
        self,
        notify: Callable[[str], None] = lambda _: None,
        progress: Progress = _silent,
        *,
        wait: bool = True,
    ) -> OpenIndexes:
        """Open the indexes for searching, mending them first where they don't fit.

        Where that can't be, such as while another process writes, vectors are searched exactly
        in the library.

        Args:
            notify: told, in a sentence, when that begins or can't be done.
            progress: told how far it is.
            wait: whether they are mended at all.
        """
        try:
            return self.open_current()
        except Unfit:
            if wait:
                try:
                    with writer_lock(self._home, "mending the indexes"):
                        self._mend(notify, progress)
                        return self.open_current()
                except LibraryBusy:
                    pass  # a writer is at work, and mends them at its end
                except (LibraryError, Unfit) as exc:
                    told = str(exc) if isinstance(exc, LibraryError) else f"The indexes {exc}."
                    notify(f"{told} The library is searched without its indexes.")
            return self._instead()

    def mend(
        self, notify: Callable[[str], None] = lambda _: None, progress: Progress = _silent
    ) -> None:
        """Bring the indexes up to date, or build them anew where they don't fit.

        Args:
            notify: told, in a sentence, when that begins.
            progress: told how far it is.

        Raises:
            LibraryBusy: another process is writing.
            LibraryError: they can't be written.
        """
        with writer_lock(self._home, "mending the indexes"):
            self._mend(notify, progress)

    def rebuild(self, progress: Progress = _silent) -> None:
        """Build both indexes anew beside the old ones, then publish them. Needs the lock.

        Raises:
            LibraryError: they can't be written.
        """
        generation = self._library.generation
        folder = self._new_folder(generation)
        build(folder, self._library, digests(self._library._db), progress)
        self._publish(folder, generation)

    def catch_up(self, *_: object, progress: Progress = _silent) -> None:
        """Bring the indexes to the library's generation, and remove leftovers. Needs the lock.

        Raises:
            LibraryError: they can't be written.
        """
        mark, generation = read_mark(self._root), self._library.generation
        if mark is None or not self._is_of_this(mark):
            self.rebuild(progress)
            return
        old = self._root / mark.folder
        found = altered(old)
        if mark.generation == generation and not set(found) - {DATABASE}:
            self.sweep()  # whoever opens them looks at Chroma's own file
            return
        if found:
            self.rebuild(progress)
            return
        held = digests(self._library._db)
        contents = read_contents(old)
        if contents is not None and contents.articles == held:
            self._publish(old, generation)  # only what indexes do not hold has changed
            return
        folder = self._new_folder(generation)
        try:
            follow(old, folder, self._library, held, progress)
        except (Unfit, LibraryError):  # whatever it was, the library is whole: start over
            self.rebuild(progress)
            return
        self._publish(folder, generation)

    def open_current(self) -> OpenIndexes:
        """Open the indexes as they are.

        Raises:
            Unfit: they can't be used; the message completes "the indexes …".
        """
        for _ in range(_TRIES):
            mark = self._current()
            folder = self._root / mark.folder
            use = InUse(folder)
            try:
                if read_mark(self._root) == mark:
                    return opened(self._home, folder, self._library, use)
            except BaseException:
                use.close()
                raise
            use.close()
        raise Unfit("are changed again and again")

    def fault(self) -> str | None:
        """What is wrong with them, in one clause; every file is read. None where nothing is."""
        try:
            folder = self._root / self._current().folder
        except Unfit as exc:
            return str(exc)
        with opening(folder):
            found = [name for name in altered(folder, thorough=True) if name != DATABASE]
            if found:
                return told_of(found)
            fault = probed(self._home, folder)
            if fault is None:
                record_opened(folder)
            return fault

    def leftovers(self) -> list[Path]:
        """Folders that are not published: of old indexes, or of builds that were killed."""
        mark = read_mark(self._root)
        kept = mark.folder if mark else None
        if not self._root.is_dir():
            return []
        return sorted(p for p in self._root.iterdir() if p.is_dir() and p.name != kept)

    def sweep(self) -> None:
        """Remove leftovers that no process uses. Needs the lock."""
        for old in self.leftovers():
            if not is_used(old):
                shutil.rmtree(old, ignore_errors=True)

    # --- inside --------------------------------------------------------------------------

    def _mend(self, notify: Callable[[str], None], progress: Progress) -> None:
        try:
            # The other process may just have finished.
            self.open_current().close()
        except Unfit as reason:
            mark = read_mark(self._root)
            if mark and mark.identity == self._library.identity:
                behind = mark.generation - self._library.generation
                if behind > 0:
                    notify(
                        f"The library is {behind} changes older than its search indexes: unless"
                        " you put an older copy in its place, changes were lost."
                    )
            notify(f"The search indexes {reason}: mending them from the library.")
            if mark and self._is_current(mark):
                self.rebuild(progress)
            else:
                self.catch_up(progress=progress)

    def _current(self) -> Mark:
        mark = read_mark(self._root)
        if mark is None:
            raise Unfit("do not exist yet")
        if not self._is_of_this(mark):
            raise Unfit("are not those of this library, or of another version of Citewire")
        if mark.generation != self._library.generation:
            raise Unfit("are behind the library")
        return mark

    def _instead(self) -> OpenIndexes:
        folder = None
        with suppress(Unfit):
            folder = self._root / self._current().folder
        return instead(folder, self._library)

    def _is_of_this(self, mark: Mark) -> bool:
        return mark.clean is True and (mark.format, mark.identity) == (
            FORMAT,
            self._library.identity,
        )

    def _is_current(self, mark: Mark) -> bool:
        return self._is_of_this(mark) and mark.generation == self._library.generation

    def _new_folder(self, generation: int) -> Path:
        if self._root.exists() and not self._root.is_dir():
            raise LibraryError(
                f"{self._root} is a file, where the folder of the search indexes should be; move"
                " it away. The articles are safe in the library."
            )
        return self._root / f"{generation}-{uuid.uuid4().hex[:8]}"

    def _publish(self, folder: Path, generation: int) -> None:
        try:
            write_mark(self._root, Mark(folder.name, self._library.identity, generation))
        except OSError as exc:
            raise LibraryError(
                f"The search indexes in {self._root} can't be written ({exc.strerror}); the"
                " articles are safe in the library, which is searched without them."
            ) from exc
        self.sweep()
