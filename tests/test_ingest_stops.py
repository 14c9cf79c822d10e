"""Stops, crashes and hangs: one file is lost at most, what is done is kept, the rest goes on."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from ingest.files import FoundFile
from ingest.formats.part import ReadOptions
from ingest.parsed import Rules, Task
from ingest.pipeline import IngestReport, Progress, ingest
from ingest.readers import Readers
from rag.embed import Embedder
from rag.library import Library
from rag.settings import Settings
from tests.conftest import OTHER, ROOT, STORY
from tests.test_ingest_again import contents

Take = Callable[..., IngestReport]
COMMAND = """
import signal, sys
# Whoever is started in the background of a shell has to be told to hear Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
from ui.cli import main
sys.exit(main())
"""
"""`citewire`, as if it were typed."""
SABOTAGE = """
import os, time
import ingest.parsed as parsed
parse = parsed.parse
held = []
def sabotaged(source):
    text = source.text
    if "crash here" in text:
        os._exit(3)
    if "hang here" in text:
        open(os.environ.get("HANGS", os.devnull), "w").close()
        time.sleep(600)
    if "swell here" in text:
        held.append(bytearray(4_000_000_000))
    return parse(source)
parsed.parse = sabotaged
"""
"""Run by Python itself as a reading process starts."""


def mixed(folder: Path, count: int = 60) -> list[Path]:
    """Invented articles, in files of several formats."""
    towns = ("Ennick", "Lowmarket", "Sall", "Brunby", "Oster", "Kell")
    paths = []
    for n in range(count):
        town = towns[n % len(towns)]
        title = f"Bridge {n} in {town} reopens"
        body = [
            f"Bridge {n} over the river in {town} reopened on Monday after {n + 2} months of work.",
            f"Mayor {chr(65 + n % 26)}. Quill said the repairs had cost {n + 3} million crowns.",
        ][: 1 + n % 3 // 2]
        match n % 4:
            case 0:
                name, text = f"{n:02}.txt", f"Date: 2024-05-03\n\n{title}\n\n" + "\n\n".join(body)
            case 1:
                name, text = f"{n:02}.md", f"# {title}\n\n" + "\n\n".join(body)
            case 2:
                paragraphs = "".join(f"<p>{line}</p>" for line in body)
                name = f"{n:02}.html"
                text = (
                    f"<!doctype html><html><head><title>{title}</title></head><body><article>"
                    f"<h1>{title}</h1>{paragraphs}</article></body></html>"
                )
            case _:
                rows = ({"id": str(i), "title": title, "text": t} for i, t in enumerate(body))
                name, text = f"{n:02}.jsonl", "\n".join(map(json.dumps, rows))
        path = folder / name
        path.write_text(text)
        os.utime(path, (1_700_000_000, 1_700_000_000))
        paths.append(path)
    return paths


def children() -> set[int]:
    """Processes that read files, whoever started them from here."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parts = (entry / "cmdline").read_bytes().split(b"\0")
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if b"ingest.worker" in parts and parent == os.getpid():
            found.add(int(entry.name))
    return found


class HashEmbedder(Embedder):
    """Vectors of the right shape made of nothing but the text, at once."""

    def __init__(self, *_: object) -> None:
        """Load no model."""

    def embed(self, texts: list[str], progress: Callable[[int], None] | None = None) -> object:  # type: ignore[override]
        import numpy as np

        rows = []
        for text in texts:
            seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
            row = np.random.default_rng(seed).standard_normal(384).astype(np.float32)
            rows.append(row / np.linalg.norm(row))
        if progress:
            progress(len(texts))
        return np.stack(rows)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No model where it makes no difference."""
    monkeypatch.setattr("ingest.embedding.Embedder", HashEmbedder)


@pytest.fixture
def sabotaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "sabotage"
    place.mkdir()
    (place / "sitecustomize.py").write_text(SABOTAGE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(place), str(ROOT)]))
    monkeypatch.setattr("ingest.pipeline._FEW", 0)


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    before = children()
    yield
    assert children() <= before


@pytest.mark.skipif(sys.platform != "linux", reason="no such limits elsewhere")
@pytest.mark.usefixtures("quick", "sabotaged")
def test_a_file_that_breaks_its_reading_process_is_the_only_one_lost(
    take: Take, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Long enough for a process to start on a busy machine.
    monkeypatch.setattr("ingest.pipeline.Readers", partial(Readers, deadline_s=8.0))
    good = "A mill on the river Sall burned down on {}.\n"
    texts = [good.format("Monday"), "crash here", good.format("Tuesday"), "swell here"]
    texts += [good.format("Friday"), "hang here", good.format("Sunday")]
    for n, text in enumerate(texts):
        (folder / f"{n}.txt").write_text(text)
    report = ingest(folder.parent / "home", [folder], Settings(threads=1))
    assert [f.status for f in report.files] == [
        *("ingested", "rejected", "ingested", "rejected", "ingested", "rejected", "ingested")
    ]
    reasons = [f.reason or "" for f in report.files]
    assert reasons[1].startswith("broke the program that reads it: ")
    assert reasons[3].startswith("takes too much memory to read: ")
    assert reasons[5].startswith("took longer than 8 s to read: ")
    assert not any("\n" in reason for reason in reasons)


@pytest.mark.usefixtures("quick")
def test_stopped_at_any_file_it_ends_as_if_it_had_not_been(
    folder: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [p for p in mixed(folder, 24) if p.suffix != ".html"]
    monkeypatch.setattr("ingest.pipeline._is_harmless", lambda _: True)
    monkeypatch.setattr("ingest.pipeline._FEW", 100)
    monkeypatch.setattr("ingest.embedding.WORDS", 60)
    ingest(tmp_path / "whole", paths, Settings())

    def stop(at: float, p: Progress) -> None:
        if p.done >= at:
            raise KeyboardInterrupt

    done = 0
    for at in (0, 3, 3.5, 9, 14, 17):
        report = ingest(home, paths, Settings(), progress=partial(stop, at))
        assert report.stopped
        with Library(home) as library:
            held = library.counts().articles
        assert held >= done
        assert held == sum(f.status in ("ingested", "unchanged") for f in report.files)
        done = held
    assert done
    last = ingest(home, paths, Settings())
    assert not last.stopped and {f.status for f in last.files} == {"ingested", "unchanged"}
    assert contents(home) == contents(tmp_path / "whole")


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("when", ["waiting for vectors", "storing"])
def test_stopped_while_it_stores_it_forgets_no_article(
    when: str, take: Take, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The article must not be lost while its file is remembered as read."""
    file = folder / "a.txt"
    (folder / "b.txt").write_text(OTHER)
    file.write_text(STORY)
    os.utime(file, (1_700_000_000, 1_700_000_000))
    take()
    file.write_text(STORY.replace("fourteen", "fifteen"))
    os.utime(file, (1_700_000_000, 1_700_000_000))
    put, calls = Library.put, 0

    def interrupted(self: object, *args: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise KeyboardInterrupt
        return real(self, *args)  # type: ignore[operator]

    with monkeypatch.context() as patch:
        if when == "storing":
            real: object = put
            patch.setattr(Library, "put", interrupted)
        else:
            from concurrent.futures import Future

            real = Future.result
            patch.setattr(Future, "result", interrupted)
        report = take()
    assert report.stopped
    assert calls >= 2
    with Library(home) as library:
        assert any("fifteen" in a.text for a in library.articles())
    assert [f.status for f in report.files] == ["updated", "unchanged"]
    assert [f.status for f in take().files] == ["unchanged", "unchanged"]


@pytest.mark.usefixtures("quick")
def test_a_file_of_many_that_was_half_taken_is_not_taken_for_what_it_was(
    folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.pipeline._is_harmless", lambda _: True)
    file = folder / "all.jsonl"

    def write(day: str) -> None:
        rows = [json.dumps({"id": str(n), "text": f"Ship {n} left on {day}."}) for n in range(4)]
        file.write_text("\n".join(rows))
        os.utime(file, (1_700_000_000, 1_700_000_000))

    def stop(p: Progress) -> None:
        if p.done > 0.4:
            raise KeyboardInterrupt

    write("Monday")
    ingest(home, [file], Settings())
    write("Friday")
    assert ingest(home, [file], Settings(), progress=stop).stopped
    with Library(home) as library:
        days = sorted(a.text.split()[-1] for a in library.articles())
    assert set(days) == {"Friday.", "Monday."}
    write("Monday")
    report = ingest(home, [file], Settings())
    assert report.count("updated") == days.count("Friday.")
    with Library(home) as library:
        assert {a.text.split()[-1] for a in library.articles()} == {"Monday."}


def command(home: Path, *args: object) -> list[str]:
    return [sys.executable, "-c", COMMAND, "ingest", *map(str, args), "--home", str(home)]


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent otherwise there")
@pytest.mark.usefixtures("sabotaged")
def test_ctrl_c_stops_the_command_and_the_next_one_goes_on(
    folder: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = mixed(folder, 24)
    text, hangs = paths[17].read_text(), tmp_path / "hangs"
    paths[17].write_text(text + "\n\nhang here")
    monkeypatch.setenv("HANGS", str(hangs))
    process = subprocess.Popen(
        command(home, folder, "--json"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not hangs.exists() and process.poll() is None:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    told = json.loads(out)
    assert process.returncode == 130, err
    assert told["stopped"]
    assert "Traceback" not in err
    assert told["found"] == len(told["files"]) < 24
    with Library(home) as library:
        assert library.counts().articles == told["ingested"] > 0
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)  # none of its group is left
    paths[17].write_text(text)
    monkeypatch.delenv("HANGS")
    ingest(home, [folder], Settings())
    ingest(tmp_path / "whole", [folder], Settings(threads=1))
    assert contents(home) == contents(tmp_path / "whole")


def test_threads_change_no_byte(folder: Path, tmp_path: Path) -> None:
    mixed(folder)
    stored = []
    for threads in (1, 2, 4):
        report = ingest(tmp_path / str(threads), [folder], Settings(threads=threads))
        assert {f.status for f in report.files} == {"ingested"}
        stored.append(contents(tmp_path / str(threads)))
    assert stored[0] == stored[1] == stored[2]


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="there are no alarms here")
def test_a_reading_process_that_hangs_with_nobody_to_end_it_ends_itself(tmp_path: Path) -> None:
    code = (
        "import time, ingest.worker as w\n"
        "w.LONGEST_S = 1\n"
        "w.parsed_articles = lambda task, rules: iter(lambda: time.sleep(60), 1)\n"
        "w._main()"
    )
    task = Task(FoundFile(tmp_path / "a.txt", None), "")
    asked = pickle.dumps(Rules(ReadOptions(), 170, 1)) + pickle.dumps(task)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, input=asked, timeout=30, check=False
    )
    assert done.returncode == -signal.SIGALRM
