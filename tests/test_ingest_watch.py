from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from ingest.watch import changes
from rag.errors import LibraryBusy
from rag.library import Library
from rag.lock import writer_lock
from tests.conftest import OTHER, ROOT, STORY
from tests.test_ingest_stops import COMMAND
from ui.cli import main

_PATIENCE_S = 30.0


def until(reached: Callable[[], bool]) -> None:
    """Wait for something, not for ever."""
    end = time.monotonic() + _PATIENCE_S
    while not reached():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


class Watching:
    """`changes` in a thread of its own."""

    def __init__(self, *paths: Path, settles_s: float = 0.2) -> None:
        self.times = 0
        self.stop = threading.Event()
        self._paths, self._settles_s = paths, settles_s
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        for _ in changes(self._paths, self.stop, self._settles_s):
            self.times += 1

    def end(self) -> None:
        self.stop.set()
        self._thread.join(_PATIENCE_S)
        assert not self._thread.is_alive()


@contextmanager
def watching(*paths: Path, settles_s: float = 0.2) -> Iterator[Watching]:
    watch = Watching(*paths, settles_s=settles_s)
    try:
        until(lambda: watch.times == 1)  # for what had changed before it could be seen
        yield watch
    finally:
        watch.end()


def taken(stack: ExitStack, home: Path) -> bool:
    """Whether the library could be taken for writing; it is then held till the stack is left."""
    try:
        stack.enter_context(writer_lock(home, "a test"))
    except LibraryBusy:
        return False
    return True


def test_a_new_file_a_changed_and_a_deleted_one_are_seen(folder: Path) -> None:
    def write(name: str, text: str) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)

    made: list[Callable[[], None]] = [
        lambda: write("a.txt", STORY),
        lambda: write("a.txt", OTHER),
        (folder / "a.txt").unlink,
        (folder / "later").mkdir,
        lambda: write("later/b.txt", STORY),
    ]
    with watching(folder) as watch:
        for change in made:
            before = watch.times
            change()
            until(lambda before=before: watch.times > before)  # type: ignore[misc]


def test_a_file_written_in_pieces_is_waited_for(folder: Path) -> None:
    with watching(folder, settles_s=0.6) as watch:
        with (folder / "a.txt").open("w") as file:
            for piece in STORY.splitlines(keepends=True):
                file.write(piece)
                file.flush()
                time.sleep(0.25)
                assert watch.times == 1
        until(lambda: watch.times == 2)


def test_a_folder_that_goes_and_comes_back_is_seen_again(folder: Path) -> None:
    (folder / "a.txt").write_text(STORY)
    aside = folder.with_name("aside")
    with watching(folder) as watch:
        folder.rename(aside)
        time.sleep(1.5)
        before = watch.times
        aside.rename(folder)
        until(lambda: watch.times > before)
        before = watch.times
        (folder / "b.txt").write_text(OTHER)
        until(lambda: watch.times > before)


def test_nothing_comes_while_nothing_changes(folder: Path) -> None:
    with watching(folder) as watch:
        time.sleep(1.5)
        assert watch.times == 1


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_the_command_goes_on_till_ctrl_c(folder: Path, home: Path) -> None:
    (folder / "a.txt").write_text(STORY)
    arguments = ["ingest", str(folder), "--watch", "--prune", "--home", str(home)]
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    def sources() -> list[str]:
        if not Library.exists(home):
            return []
        with Library(home) as library:
            return [Path(row.source).name for row in library.stored()]

    try:
        until(lambda: sources() == ["a.txt"])
        (folder / "b.txt").write_text(OTHER)
        until(lambda: sources() == ["a.txt", "b.txt"])
        with ExitStack() as stack:
            until(lambda: taken(stack, home))
            (folder / "a.txt").unlink()
            time.sleep(3)
            assert sources() == ["a.txt", "b.txt"]
        (folder / "c.txt").write_text(STORY.replace("Halcyon", "Osprey"))
        until(lambda: sources() == ["b.txt", "c.txt"])
        shutil.rmtree(folder)
        time.sleep(1.5)
        assert sources() == ["b.txt", "c.txt"]
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=_PATIENCE_S)
    assert process.returncode == 0, err
    assert out.count("1 ingested") == 3
    assert "(process" in err and "a test since" in err and "stopped watching" in err
    assert "Traceback" not in err


def test_watching_is_for_files(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["ingest", "--url", "https://example.org/", "--watch", "--home", str(home)]
    assert main(arguments) == 2
    assert "--watch is for files" in capsys.readouterr().err
