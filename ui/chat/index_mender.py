"""Has unfit indexes mended while questions go on being answered without them."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from rag.child_process import started
from rag.closing import Closing

__all__ = ["IndexMender"]

_AGAIN_S = 30.0
"""After it could not be done, such as while another process writes, it is tried again."""


class IndexMender(Closing):
    """At most one process at a time, in the background."""

    def __init__(self, home: Path, notify: Callable[[str], None]) -> None:
        self._home = home
        self._notify = notify
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._watcher: threading.Thread | None = None
        self._not_before = 0.0
        self._told: set[str] = set()
        self._closed = False

    def start(self) -> None:
        """Begin, unless that is under way or was tried a moment ago. Returns at once."""
        with self._lock:
            if self._closed or self._process or time.monotonic() < self._not_before:
                return
            self._process = started("rag.index_mending", str(self._home))
            self._watcher = threading.Thread(
                target=self._watch, args=(self._process,), name="index-mender", daemon=True
            )
            self._watcher.start()

    def close(self) -> None:
        """Stop what is under way; what is published by then stays."""
        with self._lock:
            self._closed = True
            process, watcher = self._process, self._watcher
        if process is not None:
            process.kill()
        if watcher is not None:
            watcher.join()

    def _watch(self, process: subprocess.Popen[str]) -> None:
        with process:
            assert process.stdout is not None
            for line in process.stdout:
                self._tell(line.strip())
        if process.returncode == 0:
            self._told.clear()
        with self._lock:
            self._process = None
            self._not_before = time.monotonic() + _AGAIN_S

    def _tell(self, line: str) -> None:
        # What can't be mended is said once, however often it is tried.
        if line and line not in self._told and not self._closed:
            self._told.add(line)
            self._notify(line)
