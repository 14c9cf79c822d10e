"""Waiting for files to change, and for those that change to come to rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import watchfiles

from ingest.files import find_files, stamp_of
from rag.errors import NotFound

__all__ = ["SETTLES_S", "changes"]

SETTLES_S = 1.0
"""A file at rest for so long is taken to be written whole."""
_LONGEST_S = 60.0
"""A file that is written on and on is not waited for longer; reading looks again."""
_LOOKED_MS = 1_000
"""How often it is looked whether a folder that was gone is back."""


def changes(
    paths: Sequence[Path], stop: threading.Event | None = None, settles_s: float = SETTLES_S
) -> Iterator[None]:
    """Come back each time something has changed in these files and folders, and is at rest.

    And once at the beginning, for what has changed before it could be seen.

    Args:
        paths: they may go and come back, as disks do.
        stop: ends it when set.
        settles_s: how long a file has to be at rest.
    """
    stop = stop or threading.Event()
    while not stop.is_set():
        there = [p for p in paths if p.exists()]
        if not there:
            stop.wait(_LOOKED_MS / 1000)
            continue
        unseen = True
        for found in watchfiles.watch(
            *there,
            watch_filter=None,
            debounce=400,
            stop_event=stop,
            rust_timeout=_LOOKED_MS,
            yield_on_timeout=True,
            raise_interrupt=True,
        ):
            if found or unseen:
                unseen = False
                _settle(there, stop, settles_s)
                if stop.is_set():
                    return
                yield
            if [p for p in paths if p.exists()] != there:
                break  # one has gone or is back: what is watched has to be named anew


def _settle(paths: Sequence[Path], stop: threading.Event, settles_s: float) -> None:
    """Wait until no file is written to: reading takes them all, not those alone that changed."""
    end = time.monotonic() + _LONGEST_S
    before = None
    while time.monotonic() < end and not stop.is_set():
        with suppress(NotFound):
            now = {str(f.path): stamp_of(f.path) for f in find_files(paths)}
            if now == before:
                return
            before = now
        stop.wait(settles_s)
