"""Every bad input has the outcome foreseen for it, and the good articles beside them are found."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import get_args

import pytest

from ingest.dates import is_possible
from ingest.formats.part import BadPart
from ingest.parsed import Event, FileRead, Rejected
from ingest.pipeline import FileOutcome, FileStatus, IngestReport, ingest
from ingest.sentences import sentence_spans
from rag.engine import Engine
from rag.library import Library
from rag.settings import Settings
from rag.types import Filters
from tests.bad_input import BadInput, report
from tests.bad_inputs import CASES, manifest, write_all
from tests.conftest import ROOT, Run
from tests.measure_fuzz import case_of, main, verdict_on
from tests.sample_files import STORIES
from ui.render import ingest_json


@dataclass(frozen=True)
class Taken:
    """The one ingest of all cases."""

    root: Path
    home: Path
    report: IngestReport
    by_path: dict[str, FileOutcome]


@pytest.fixture(scope="module")
def all_taken(tmp_path_factory: pytest.TempPathFactory) -> Taken:
    if sys.platform != "linux":
        pytest.skip("the cases need the file names, pipes and devices of Linux")
    root = tmp_path_factory.mktemp("bad")
    paths = write_all(root)
    good = root / "good"
    good.mkdir()
    for n, (title, text) in enumerate(STORIES):
        (good / f"{n}.txt").write_text(f"{title}\n\n{text}\n")
    home = root / "home"
    told = ingest(home, [*paths, good], Settings())
    return Taken(root, home, told, {outcome.path: outcome for outcome in told.files})


@pytest.fixture(scope="module")
def library(all_taken: Taken) -> Iterator[Library]:
    with Library(all_taken.home) as library:
        yield library


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_input_has_the_outcome_foreseen(
    case: BadInput, all_taken: Taken, library: Library
) -> None:
    for path, told in manifest(all_taken.root, (case,)).items():
        outcome = all_taken.by_path[path]
        reason = outcome.reason or ""
        assert (outcome.status, reason[: len(told.reason)]) == (told.status, told.reason)
        if told.status == "ingested":
            assert outcome.article is not None
            article = library.article(outcome.article.id)
            stated = {name: getattr(article, name) for name in told.facts if name != "holds"}
            assert stated == {k: v for k, v in told.facts.items() if k != "holds"}
            assert told.facts.get("holds", "") in article.text


def test_every_outcome_was_foreseen_and_found_is_their_sum(all_taken: Taken) -> None:
    good = {str(all_taken.root / "good" / f"{n}.txt") for n in range(len(STORIES))}
    assert set(all_taken.by_path) == set(manifest(all_taken.root, CASES)) | good
    told = ingest_json(all_taken.report)
    assert told["found"] == len(all_taken.by_path)
    assert told["found"] == sum(told[status] for status in get_args(FileStatus))
    assert len(CASES) >= 90


def test_good_articles_beside_bad_files_are_taken_and_found(all_taken: Taken) -> None:
    with Engine(all_taken.home, Settings()) as engine:
        for n, (_, text) in enumerate(STORIES):
            path = str(all_taken.root / "good" / f"{n}.txt")
            assert all_taken.by_path[path].status == "ingested"
            hit = engine.finder.find(text.split(". ")[0], Filters()).hits[0]
            assert engine.library.article(hit.passage.article_id).source == path


def test_each_reason_is_one_line_that_can_be_printed_and_names_no_exception(
    all_taken: Taken,
) -> None:
    for outcome in all_taken.report.files:
        if outcome.status == "rejected":
            assert outcome.reason and outcome.reason.isprintable()
            assert 10 < len(outcome.reason) < 400
            assert not re.search(r"[a-z](?:Error|Exception)\b|None", outcome.reason)


def test_every_sentence_of_a_stored_article_is_where_it_says(library: Library) -> None:
    seen = 0
    for article in library.articles():
        at = 0
        for sentence in library.sentences(article.id):
            quote = article.text[sentence.start : sentence.end]
            assert at <= sentence.start and len(quote) == sentence.end - sentence.start
            assert quote == quote.strip() and any(c.isalnum() for c in quote)
            at, seen = sentence.end, seen + 1
        for name in (article.title, article.outlet, article.byline, article.url):
            assert name is None or not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e]", name)
        assert article.published is None or is_possible(article.published)
    assert seen > 100


@pytest.mark.skipif(sys.platform != "linux", reason="needs permissions and other users")
def test_files_and_folders_that_may_not_be_read_are_named_and_the_others_are_read() -> None:
    """Asked of a process of nobody's, because nothing is shut to the superuser."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for file in ("a.txt", "b.txt", "shut/c.txt"):
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_text(report("Nobody"))
        (folder / "b.txt").chmod(0)
        (folder / "shut").chmod(0)
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, name],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        (folder / "shut").chmod(0o755)
    said = dict(line.split("\t") for line in done.stdout.splitlines())
    assert said == {
        "a.txt": "Parsed",
        "b.txt": "can't be read (Permission denied): check its permissions",
        "shut": "a folder that can't be opened: check its permissions",
    }


AS_NOBODY = """
import os, sys
import ingest.formats.plain
from pathlib import Path
from ingest.files import find_files
from ingest.formats.part import ReadOptions
from ingest.parsed import Rules, Task, parsed_articles
from ingest.sentences import punkt
punkt()  # what is read lazily may be shut to nobody as well
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
for found in find_files([Path(sys.argv[1])]):
    event = next(parsed_articles(Task(found), Rules(ReadOptions(), 170, 1)))
    print(found.path.name, getattr(event, "reason", type(event).__name__), sep="\t")
"""


def test_terminal_codes_in_titles_names_and_reasons_do_not_reach_the_terminal(
    run: Run, folder: Path
) -> None:
    (folder / "a\x1b[31m.txt").write_text("\x1b[31mFerry strikes pier\n\n" + report("Cli"))
    (folder / "b.\x1b[31m").write_text("x")
    (folder / "c\x9b31m.csv").write_text("\x1b[31mid,name\nb,c\n")
    _, out, err = run("ingest", folder)
    assert err.count("rejected") == 2
    listed = run("list")[1]
    assert "Ferry strikes pier" in listed
    assert not re.search(r"[\x1b\x9b]", out + err + listed)


# --- what was mended for these inputs -------------------------------------------------------


def test_a_long_paragraph_is_split_as_its_parts_are() -> None:
    sentences = [f"The mayor of ward {n} said no to Mr. Quill on Friday." for n in range(1000)]
    text = " ".join(sentences)
    assert [text[a:b] for a, b in sentence_spans(text)] == sentences


def test_a_long_stretch_without_a_stop_is_cut_between_words() -> None:
    text = "quay " * 10_000
    spans = sentence_spans(text)
    assert max(b - a for a, b in spans) <= 10_000
    assert " ".join(text[a:b] for a, b in spans) == text.strip()


@pytest.mark.parametrize(
    ("days", "possible"),
    [(0, True), (400, True), (4_100, False), (30_000, False), (-150_000, True)],
)
def test_no_article_is_from_a_far_future(days: int, possible: bool) -> None:
    assert is_possible(date.today() + timedelta(days=days)) is possible


def test_no_article_is_from_before_there_were_newspapers() -> None:
    assert [is_possible(date(y, 1, 1)) for y in (1599, 1600)] == [False, True]


# --- the measure of spoilt files ------------------------------------------------------------


def test_the_measure_gives_the_same_case_for_the_same_seed() -> None:
    assert [case_of(n) for n in range(60)] == [case_of(n) for n in range(60)]
    assert len({case_of(n) for n in range(60)}) == 60


@pytest.mark.parametrize(
    ("events", "verdict"),
    [
        ([], "crash"),
        ([BadPart("line 1: no text in it")], "crash"),
        ([Rejected("broke the program that reads it: save it as plain text")], "crash"),
        ([Rejected("took longer than 60 s to read: split it")], "hang"),
        ([Rejected("could not be understood (RecursionError): save it")], "unexpected"),
        ([BadPart("line 1:\x1b[31m"), FileRead("", "")], "unexpected"),
        ([BadPart("line 1: no text in it"), FileRead("", "")], "nothing"),
        ([BadPart("line 1: no text in it"), Rejected("cut off")], "cut short"),
        ([Rejected("empty: remove it")], "rejected"),
        ([FileRead("", "")], "read"),
    ],
)
def test_the_measure_tells_faults_from_refusals(events: list[Event], verdict: str) -> None:
    assert verdict_on(events)[0] == verdict


def test_a_short_measure_finds_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["measure_fuzz", "--minutes", "0.05", "--seed", "5", "--keep", str(tmp_path / "kept")]
    monkeypatch.setattr(sys, "argv", argv)
    assert main() == 0
    assert ", 0 faults" in capsys.readouterr().out
    assert not (tmp_path / "kept").exists()
