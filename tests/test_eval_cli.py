"""`citewire eval` from end to end."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from eval.questions.gold_file import load_gold
from eval.results_file import read_results
from eval.run import evaluate
from ingest.pipeline import IngestReport
from rag.engine import Engine
from rag.settings import Settings
from tests.conftest import OTHER, ROOT, SEEDS, STORY, Run
from tests.fake_openai import FakeOpenAI, said

QUESTIONS = """\
articles: {ferry: a.txt, hall: b.txt}
thresholds: {right sentence: 1.0}
questions:
- id: helm
  question: Who was at the helm of the ferry Halcyon?
  kind: who
  accept: [Brandt]
  support: [{article: ferry, sentence: [Brandt]}]
- id: cost
  question: What did Mayor Petra Quill say the work would cost?
  kind: how-many
  accept: [{number: 12000000, unit: crowns}]
  support: [{article: hall, quote: the work would cost 12 million crowns}]
- id: cup
  question: Who won the chess cup in Samarkand?
  kind: who
  abstain: true
  miss: far
"""


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    path = tmp_path / "gold.yaml"
    path.write_text(QUESTIONS)
    return path


@pytest.fixture
def asked(folder: Path, take: Callable[..., IngestReport]) -> Path:
    """Two articles in the folder and in the library."""
    (folder / "a.txt").write_text(STORY)
    (folder / "b.txt").write_text(OTHER)
    take()
    return folder


def one_line(err: str) -> bool:
    return err.count("\n") == 1 and err.startswith("citewire") and "Traceback" not in err


def test_the_library_is_asked_and_the_gate_passes(run: Run, gold: Path, asked: Path) -> None:
    code, out, _ = run("eval", "--gold", gold)
    assert code == 0
    assert "right sentence" in out and "The gate passes." in out


def test_a_threshold_missed_exits_with_1(run: Run, gold: Path, asked: Path) -> None:
    gold.write_text(QUESTIONS.replace("sentence: [Brandt]", "sentence: [postponed]"))
    code, out, _ = run("eval", "--gold", gold)
    assert code == 1
    assert "Right sentence is 0.500, below 1." in out and "The gate fails." in out


def test_json_is_the_file_of_results(run: Run, gold: Path, asked: Path, tmp_path: Path) -> None:
    code, out, err = run("eval", "--gold", gold, "--articles", asked, "--json")
    assert (code, err) == (0, "")
    path = tmp_path / "results.json"
    path.write_text(out)
    results = read_results(path)
    assert results.gate.passed
    assert results.timings and results.timings.ingest_seconds


def test_a_report_has_four_files_that_tell_the_same(
    run: Run, gold: Path, asked: Path, tmp_path: Path
) -> None:
    code, out, _ = run("eval", "--gold", gold, "--report", tmp_path / "report")
    assert code == 0 and "report.html" in out
    results = read_results(tmp_path / "report" / "results.json")
    assert [q.id for q in results.questions] == ["helm", "cost", "cup"]
    suites = ET.parse(tmp_path / "report" / "junit.xml").getroot()
    assert suites.get("failures") == "0"
    assert "The gate passes" in (tmp_path / "report" / "summary.md").read_text()
    assert "Samarkand" in (tmp_path / "report" / "report.html").read_text()


def test_a_baseline_is_written_held_to_and_updated(
    run: Run, gold: Path, asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept" / "baseline.json"
    code, _, err = run("eval", "--gold", gold, "--baseline", kept, "--update-baseline")
    assert code == 0 and "Wrote the baseline" in err
    assert run("eval", "--gold", gold, "--baseline", kept)[0] == 0
    before = kept.read_text()

    class Refusing(Engine):
        def ask(self, *args: object, **more: object) -> object:  # type: ignore[override]
            answer = super().ask(*args, **more)  # type: ignore[arg-type]
            return replace(answer, status="not_found", claims=(), citations=())

    gold.write_text(QUESTIONS.replace("thresholds: {right sentence: 1.0}\n", ""))
    monkeypatch.setattr("eval.run.Engine", Refusing)
    code, out, _ = run("eval", "--gold", gold, "--baseline", kept)
    assert code == 1
    assert "3 questions are too few to tell a drop from noise" in out
    assert kept.read_text() == before
    assert "Claims carried has no value any more" in out
    assert run("eval", "--gold", gold, "--baseline", kept, "--update-baseline")[0] == 0
    assert kept.read_text() != before
    assert run("eval", "--gold", gold, "--baseline", kept)[0] == 0


def test_a_run_with_errors_never_becomes_the_baseline(
    run: Run, gold: Path, asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "baseline.json"

    def failing(*_: object) -> None:
        raise RuntimeError("no luck")

    monkeypatch.setattr(Engine, "ask", failing)
    code, _, err = run("eval", "--gold", gold, "--baseline", kept, "--update-baseline")
    assert code == 1 and not kept.exists()
    assert "was left as it is: 3 questions ended in an error" in err
    code, out, _ = run("eval", "--gold", gold)
    assert code == 1 and "3 questions ended in an error" in out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--baseline", "none.json"), "none.json can't be read"),
        (("--baseline", ROOT / "README.md"), "is not a file of results"),
        (("--update-baseline",), "--update-baseline goes with --baseline"),
        (("--max-drop", "2"), "'2' is not a number from 0 to 1"),
        (("--votes", "2"), "'2' is not an odd number from 1 to 15"),
        (("--votes", "3"), "--votes goes with --judge"),
        (("--max-drop", "0.1"), "--max-drop goes with --baseline"),
        (("compare", "default", "default", "--report", "r"), "--report does not go with compare"),
        (("--price", "1"), "'1' is not two prices"),
        (("--price", "1,2"), "--price goes with --judge"),
        (("--split", "dev"), "--split goes with --beir"),
        (("--beir", "/none", "--gold", "g.yaml"), "--beir brings its own"),
        (("--beir", "/none"), "There is no folder /none"),
        (("--beir", "/none", "--check"), "--beir does not go with check"),
        (("--gold", "/none.yaml"), "/none.yaml can't be read (No such file"),
        (("--gold", SEEDS), "has no gold file"),
        (("--articles", "/none"), "/none"),
        (("--work", "/dev/null/x"), "can't be made"),
        (("--judge", "m"), "set OPENAI_API_KEY"),
        (("compare", "default"), "write `eval compare A B`"),
        (("compare", "default", "nonsense"), "'nonsense' is neither a file of results nor"),
        (("compare", "default", "pasages=3"), "There is no setting 'pasages'"),
        (("contrast", "a", "b"), "means nothing"),
        (("--check", "--gold", "/none.yaml"), "/none.yaml can't be read"),
    ],
)
def test_a_mistake_in_the_arguments_is_one_line_and_exit_2(
    args: tuple[object, ...], message: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    code, out, err = run("eval", *args)
    assert (code, out) == (2, "")
    assert one_line(err) and message in err


# --- gold files ---------------------------------------------------------------------------


def test_a_starter_is_written_sound_and_can_be_asked(
    run: Run, asked: Path, tmp_path: Path, home: Path
) -> None:
    path = tmp_path / "mine.yaml"
    code, out, _ = run("eval", "--init", path)
    assert code == 0 and f"Wrote 3 questions to {path}" in out
    assert [c.abstain for c in load_gold(path).cases] == [False, False, True]
    code, out, _ = run("eval", "--gold", path, "--check")
    assert code == 0
    assert "mine.yaml: 3 questions could be read, 0 problems; held against the library." in out
    results = evaluate(home, load_gold(path), Settings())
    assert (results.errors, results.unscored) == (0, 0)


def test_a_starter_asks_an_article_without_a_title_for_its_words(
    run: Run, folder: Path, take: Callable[..., IngestReport], tmp_path: Path
) -> None:
    (folder / "a.txt").write_text(
        "The ferry Halcyon struck the north pier of Port Ennick on Thursday, injuring fourteen"
        " people and sinking a tug.\n\nCaptain Ilya Brandt was at the helm, they said.\n"
    )
    take()
    assert run("eval", "--init", tmp_path / "mine.yaml")[0] == 0
    first = load_gold(tmp_path / "mine.yaml").cases[0]
    assert first.question.startswith("What is told by the sentence “The ferry Halcyon struck")


def test_a_starter_replaces_no_file_and_needs_articles(
    run: Run, asked: Path, tmp_path: Path
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("mine")
    code, _, err = run("eval", "--init", path)
    assert code == 2 and "is there already" in err and path.read_text() == "mine"
    code, _, err = run("eval", "--init", tmp_path / "new.yaml", at=tmp_path / "nowhere")
    assert code == 2 and "no articles to ask about" in err
    assert not (tmp_path / "nowhere").exists()


def test_check_names_every_mistake_with_its_line(run: Run, gold: Path, asked: Path) -> None:
    gold.write_text(QUESTIONS.replace("kind: who", "kind: whom", 1).replace("12000000", "lots"))
    code, out, err = run("eval", "--gold", gold, "--check")
    assert code == 2
    assert "gold.yaml:6: question 'helm': kind 'whom'" in err
    assert "gold.yaml:12: question 'cost', accept" in err
    assert "1 questions could be read" in out


def test_check_finds_support_that_the_articles_do_not_have(
    run: Run, gold: Path, asked: Path
) -> None:
    gold.write_text(
        QUESTIONS.replace("12 million crowns}]", "13 million crowns}]").replace("a.txt", "z.txt")
    )
    for extra in ((), ("--articles", asked)):
        code, _, err = run("eval", "--gold", gold, "--check", *extra)
        assert code == 2
        assert "gold.yaml:4: question 'helm', support: no article's file is called z.txt" in err
        assert "no sentence of 'hall' has 'the work would cost 13 million crowns'" in err


def test_the_sample_gold_is_checked_by_default(run: Run) -> None:
    code, out, _ = run("eval", "--check")
    assert code == 0
    assert "seeds.yaml: 198 questions could be read, 0 problems; held against seeds." in out


# --- outside sets, comparisons, judges ----------------------------------------------------


def test_a_set_in_beirs_layout_is_asked(run: Run, tmp_path: Path) -> None:
    from tests.test_beir import lay

    code, out, _ = run("eval", "--beir", lay(tmp_path / "set"), "--json")
    assert code == 0
    scores = {s["name"]: s["value"] for s in json.loads(out)["scores"]}
    assert scores["nDCG@10"] == 1.0


def test_settings_are_compared_on_one_library(run: Run, gold: Path, asked: Path) -> None:
    code, out, _ = run("eval", "compare", "default", "max_quotes=1", "--gold", gold)
    assert code == 0
    assert "default → max_quotes=1" in out
    assert "Nothing changed by more than noise." in out
    assert "scores are the same for every question." in out and "hit@1" not in out
    code, out, _ = run("eval", "compare", "default", "answer_threshold=1", "--gold", gold, "--json")
    (pair,) = json.loads(out)["comparisons"]
    changes = {c["name"]: (c["before"], c["after"]) for c in pair["changes"]}
    assert changes["right sentence"] == (1.0, 0.0)


def test_a_setting_of_ingestion_needs_the_articles(run: Run, gold: Path, asked: Path) -> None:
    pair = ("compare", "default", "passage_words=40")
    code, _, err = run("eval", *pair, "--gold", gold)
    assert code == 2 and "name its files with --articles" in err
    code, out, _ = run("eval", *pair, "--gold", gold, "--articles", asked)
    assert code == 0 and "default → passage_words=40" in out


def test_two_files_of_results_are_compared(
    run: Run, gold: Path, asked: Path, tmp_path: Path
) -> None:
    for name, setting in (("a", "answer_threshold=0.1"), ("b", "answer_threshold=1")):
        run("eval", "--gold", gold, "--report", tmp_path / name, "--set", setting)
    code, out, _ = run("eval", "compare", tmp_path / "a" / "results.json", tmp_path / "b")
    assert code == 0
    assert "worse: helm, cost" in out


def test_a_judge_is_asked_kept_and_never_decides(
    run: Run, gold: Path, asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict = json.dumps({"correct": False, "faithful": True, "reason": "no"})
    report = tmp_path / "report"
    with FakeOpenAI(lambda _: said(verdict)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
        code, out, _ = run(
            "eval", "--gold", gold, "--judge", "m", "--votes", "3", "--price", "1,2",
            "--report", report,
        )  # fmt: skip
        assert len(server.requests) == 9
    assert code == 0
    assert "judged correct" in out and "kappa" in out and "USD" in out
    results = read_results(report / "results.json")
    assert results.judge and results.judge.judged == 3
    assert results.judge.agreement == 0.0
    transcript = (report / "judge.jsonl").read_text()
    assert len(transcript.splitlines()) == 9 and "sk-secret" not in transcript


def test_an_unreadable_verdict_is_unscored_and_fails_the_run(
    run: Run, gold: Path, asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with FakeOpenAI(lambda _: said("yesterday")) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        code, out, _ = run("eval", "--gold", gold, "--judge", "m")
    assert code == 1
    assert "3 answers could not be judged" in out


def test_a_judge_that_can_not_be_reached_is_a_providers_fault(
    run: Run, gold: Path, asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    code, out, err = run("eval", "--gold", gold, "--judge", "m")
    # What was measured without it is not lost.
    assert code == 3 and "right sentence" in out
    assert one_line(err) and "127.0.0.1:9" in err


def test_a_kept_library_saves_ingesting_again(
    run: Run, gold: Path, asked: Path, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    seconds = []
    for _ in range(2):
        _, out, _ = run("eval", "--gold", gold, "--articles", asked, "--work", work, "--json")
        seconds.append(json.loads(out)["timings"]["ingest_seconds"])
    assert seconds[0] is not None and seconds[1] is None
    shutil.rmtree(work)
