"""Kills `citewire ingest` at bad moments, over and over, and looks at what it left.

Each worker has a home of its own, in which round after round adds and changes articles. A kill
comes at any moment, or after so many articles were stored, or, most often, while the indexes
are being written: then a new folder or a certain file has just appeared in `index/`.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from ingest.pipeline import ingest
from rag.closing import Closing
from rag.indexes import Indexes
from rag.library import Library
from rag.lock import writer_lock
from rag.settings import Settings
from tests.conftest import ROOT
from tests.self_queries import wrong_self_queries

__all__ = ["Outcome", "kill_rounds"]

_ROUNDS_A_HOME = 10
_NEW_A_ROUND = 8
_WRITTEN = (
    "*-*",
    "*-*/chroma/chroma.sqlite3",
    "*-*/chroma/*/header.bin",
    "*-*/chroma/*/index_metadata.pickle",
    "*-*/tantivy/meta.json",
    "*-*/tantivy/*.term",
    "*-*/contents.json",
    "*-*/files.json",
    "current.json.new",
)
"""What appears in `index/` while it is written, one after the other."""
_WORDS = "ferry harbour council market strike bridge storm mayor tunnel school museum river".split()


@dataclass(slots=True)
class Outcome:
    """What the kills did."""

    kills: int = 0
    by_moment: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    """Acknowledged articles that are not there."""
    duplicates: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """Passages that are not found by their own vector and words."""
    problems: list[str] = field(default_factory=list)
    mended: int = 0
    """Openings that had to mend the indexes first."""
    longest_s: float = 0.0
    """The longest time from the first opening to all passages having been asked for."""

    def add(self, other: Outcome) -> None:
        """Count another's as well."""
        self.kills += other.kills
        self.mended += other.mended
        self.longest_s = max(self.longest_s, other.longest_s)
        for name in ("lost", "duplicates", "wrong", "problems"):
            getattr(self, name).extend(getattr(other, name))
        for moment, n in other.by_moment.items():
            self.by_moment[moment] = self.by_moment.get(moment, 0) + n


def kill_rounds(
    kills: int,
    folder: Path,
    seed: int,
    workers: int = 2,
    forked: bool = True,
) -> Outcome:
    """Kill that many ingests, and check the library and its indexes after each.

    Args:
        kills: in all.
        folder: for the homes and articles.
        seed: of the moments and articles.
        workers: ingests at once.
        forked: start each as a fork of a process that has imported everything, which takes
            no time; else as `python -m`, which takes seconds.
    """
    shares = [kills // workers + (n < kills % workers) for n in range(workers)]
    total = Outcome()
    with ThreadPoolExecutor(workers) as pool:
        jobs = [
            pool.submit(_Worker(folder / str(n), seed * 1000 + n, forked).run, share)
            for n, share in enumerate(shares)
        ]
        for job in jobs:
            total.add(job.result())
    return total


class _Executed:
    """An ingest in a process of its own, from its first import on."""

    def __init__(self, arguments: Sequence[str], log: Path) -> None:
        with log.open("w") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.killed_ingest", *arguments],
                cwd=ROOT,
                stdout=out,
                stderr=subprocess.DEVNULL,
            )

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def kill(self) -> bool:
        """Whether it was killed; else it had ended before."""
        self._process.kill()
        return self._process.wait() < 0


class _Server(Closing):
    """Forks ingests, one after the other: see `kill_server`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.kill_server"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        self._process.communicate()

    def ask(self, line: str) -> int:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


class _Forked:
    """An ingest forked by a server."""

    def __init__(self, server: _Server, arguments: Sequence[str], log: Path) -> None:
        log.write_text("")
        self._log = log
        self._server = server
        self._number = server.ask(json.dumps([str(log), list(arguments)]))

    def has_ended(self) -> bool:
        return self._log.read_bytes().endswith(b"ended\n")

    def kill(self) -> bool:
        """Whether it was killed; else it had ended before."""
        os.kill(self._number, signal.SIGKILL)
        return self._server.ask("how did it end?") < 0


class _Worker:
    def __init__(self, folder: Path, seed: int, forked: bool) -> None:
        self._folder = folder
        self._dice = random.Random(seed)
        self._forked = forked
        self._outcome = Outcome()
        self._homes = 0

    def run(self, kills: int) -> Outcome:
        with _Server() if self._forked else nullcontext() as server:
            while self._outcome.kills < kills:
                self._rounds(server, kills)
        return self._outcome

    def _rounds(self, server: _Server | None, kills: int) -> None:
        self._homes += 1
        home = self._folder / f"home{self._homes}"
        articles = self._folder / f"articles{self._homes}"
        articles.mkdir(parents=True)
        acknowledged: set[str] = set()
        for n in range(_ROUNDS_A_HOME):
            self._write(articles, n)
            acknowledged |= self._killed(server, home, articles)
            if (home / "library.db").exists():
                self._check(home, acknowledged)
            if self._outcome.kills >= kills:
                break
        self._finish(home, articles)

    def _write(self, articles: Path, n: int) -> None:
        """New articles, and another version of an old one."""
        for at in range(_NEW_A_ROUND):
            words = " ".join(self._dice.choices(_WORDS, k=12))
            (articles / f"{n}-{at}.txt").write_text(
                f"Invented {n} {at}\n\nThe {words} came to {n * 1000 + at} people. Nobody wrote"
                f" number {self._dice.random()} down, the mayor said on day {at}.\n"
            )
        if n:
            old = articles / f"{n - 1}-0.txt"
            old.write_text(old.read_text() + f"\nIt was corrected in round {n}.\n")

    def _killed(self, server: _Server | None, home: Path, articles: Path) -> set[str]:
        """Start an ingest, kill it, and give the ids of the articles it acknowledged."""
        arguments = ["ingest", str(articles), "--home", str(home)]
        log = self._folder / "stored.txt"
        moment = self._dice.choices(("any time", "article", "index"), (1, 2, 7))[0]
        job = _Forked(server, arguments, log) if server else _Executed(arguments, log)
        reached = self._waiting_for(moment, home, log, job)
        if job.kill():
            self._outcome.kills += 1
            self._outcome.by_moment[reached] = self._outcome.by_moment.get(reached, 0) + 1
        # A line that was cut off acknowledges nothing.
        whole = log.read_text().rpartition("\n")[0]
        return {line.split()[1] for line in whole.splitlines() if line.startswith("stored ")}

    def _waiting_for(self, moment: str, home: Path, log: Path, job: _Executed | _Forked) -> str:
        index, began = home / "index", time.monotonic()
        before = set(index.glob("*-*"))
        pattern = self._dice.choice(_WRITTEN)
        stored = self._dice.randrange(1, _NEW_A_ROUND)
        latest = self._dice.uniform(0.1, 3.0) if moment == "any time" else 60.0
        while not job.has_ended() and time.monotonic() - began < latest:
            if moment == "article" and log.stat().st_size >= stored * 19:
                time.sleep(self._dice.uniform(0, 0.02))
                return "storing an article"
            if moment == "index" and any(
                p for p in index.glob(pattern) if not any(p.is_relative_to(b) for b in before)
            ):
                time.sleep(self._dice.choice((0, 0, 0.002, 0.01, 0.05)))
                return f"index/{pattern}"
            time.sleep(0.001)
        return "any time"

    def _check(self, home: Path, acknowledged: set[str]) -> None:
        began, told = time.monotonic(), list[str]()
        with Library(home) as library:
            rows = library.stored()
            self._outcome.problems += library.check()
        ids = [row.id for row in rows]
        self._outcome.lost += acknowledged - set(ids)
        for name in ("id", "source", "content_hash"):
            values = [getattr(row, name) for row in rows]
            self._outcome.duplicates += {v for v in values if values.count(v) > 1}
        self._outcome.wrong += wrong_self_queries(home, told) if rows else []
        self._outcome.mended += bool(told)
        self._outcome.longest_s = max(self._outcome.longest_s, time.monotonic() - began)

    def _finish(self, home: Path, articles: Path) -> None:
        """Let the ingest come to its end: every file has to be there once."""
        report = ingest(home, [articles], Settings())
        found = len(list(articles.iterdir()))
        done = report.count("ingested") + report.count("unchanged") + report.count("updated")
        with Library(home) as library:
            if not done == found == library.counts().articles:
                self._outcome.problems.append(f"{done} of {found} files, {library.counts()}")
            with writer_lock(home):
                Indexes(home, library).catch_up()
        self._outcome.wrong += wrong_self_queries(home)
        left = [p.name for p in (home / "index").iterdir() if p.is_dir()]
        if len(left) != 1:
            self._outcome.problems.append(f"left in index/: {left}")
