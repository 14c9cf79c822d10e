"""`citewire eval` with a model that writes: what is scored, and what is told of faults."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.pipeline import IngestReport
from tests.conftest import OTHER, STORY, Run
from tests.fake_openai import Request, failed, said
from tests.scripted_writer import KEY, NAME, ModelServer, no_client_settings, pointed, prompt_of

__all__ = ["no_client_settings"]

GOLD = """\
articles: {ferry: a.txt, hall: b.txt}
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
MORE = """\
- id: pier
  question: What did the ferry Halcyon strike in Port Ennick?
  kind: what
  accept: [pier]
  support: [{article: ferry, sentence: [struck, pier]}]
- id: votes
  question: How many voted to rebuild the market hall of Lowmarket?
  kind: how-many
  accept: [{number: 9}]
  support: [{article: hall, sentence: [nine]}]
"""
BRANDT = "Captain Ilya Brandt was at the helm of the ferry {Ilya Brandt}."
COST = "Petra Quill said that the work would cost 12 million crowns {12 million crowns}."


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    path = tmp_path / "gold.yaml"
    path.write_text(GOLD)
    return path


@pytest.fixture
def library(folder: Path, take: Callable[..., IngestReport]) -> Path:
    (folder / "a.txt").write_text(STORY)
    (folder / "b.txt").write_text(OTHER)
    take()
    return folder


def right(request: Request) -> Any:
    """Answers both questions as the articles do."""
    prompt = prompt_of(request)
    return said(pointed(BRANDT if "helm of" in prompt.split("Question:")[-1] else COST, prompt))


def results(out: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The whole, and its questions by id."""
    whole = json.loads(out)
    return whole, {q["id"]: q for q in whole["questions"]}


def point(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def test_the_models_answers_are_scored_and_the_report_names_it(
    run: Run, gold: Path, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer(right, NAME) as server:
        point(server, monkeypatch)
        code, out, err = run("eval", "--gold", gold, "--writer", "model", "--json")
        asked = [r for r in server.requests if r.method == "POST"]
    assert (code, err) == (0, "")
    whole, by_id = results(out)
    # The question about Samarkand is too far from the articles to be sent.
    assert len(asked) == 2
    assert (whole["provenance"]["writer"], whole["provenance"]["model"]) == ("model", NAME)
    assert (whole["errors"], whole["unscored"]) == (0, 0)
    assert "Captain Ilya Brandt was at the helm of the ferry." in json.dumps(by_id["helm"])
    assert by_id["helm"]["status"] == by_id["cost"]["status"] == "answered"
    assert by_id["cup"]["status"] == "not_found"
    assert KEY not in out


def test_a_wrong_answer_of_the_models_scores_less_than_a_right_one(
    run: Run, gold: Path, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(request: Request) -> Any:
        text = "The operator, Ennick Lines, had postponed an overhaul {Ennick Lines}."
        prompt = prompt_of(request)
        return said(pointed(text if "Ennick Lines" in prompt else COST, prompt))

    found = {}
    for name, script in {"right": right, "wrong": wrong}.items():
        with ModelServer(script, NAME) as server:
            point(server, monkeypatch)
            _, out, _ = run("eval", "--gold", gold, "--writer", "model", "--json", "--no-cache")
        scores = {s["name"]: s["value"] for s in json.loads(out)["scores"]}
        found[name] = scores["right sentence"]
    assert found["right"] == 1.0 and found["wrong"] < 1.0


def test_a_second_run_asks_nobody_unless_told_to(
    run: Run, gold: Path, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    with ModelServer(right, NAME) as server:
        point(server, monkeypatch)
        for more in ([], [], ["--no-cache"]):
            assert run("eval", "--gold", gold, "--writer", "model", *more)[0] == 0
            counts.append(sum(r.method == "POST" for r in server.requests))
    assert counts == [2, 2, 4]


def test_without_key_and_address_nothing_is_scored_and_each_question_says_so(
    run: Run, gold: Path, library: Path
) -> None:
    code, out, _ = run("eval", "--gold", gold, "--writer", "model", "--json")
    whole, by_id = results(out)
    assert code == 1
    assert (whole["errors"], whole["unscored"]) == (0, 3)
    assert whole["provenance"]["writer"] == "model"
    assert not whole["gate"]["passed"]
    for question in by_id.values():
        assert "not run: no model can write without OPENAI_API_KEY" in json.dumps(question)
    code, out, _ = run("eval", "--gold", gold, "--writer", "model")
    assert code == 1
    assert "OPENAI_API_KEY or OPENAI_BASE_URL" in " ".join(out.split())
    assert "helm" in out and "cost" in out and "cup" in out


def test_a_server_that_is_down_is_an_error_of_each_question(
    run: Run, gold: Path, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer([]) as server:
        point(server, monkeypatch)
    monkeypatch.setenv("CITEWIRE_MODEL", NAME)
    more = ("--set", "deadline_s=1", "--json")
    code, out, _ = run("eval", "--gold", gold, "--writer", "model", *more)
    whole, by_id = results(out)
    assert code == 1 and not whole["gate"]["passed"]
    assert whole["errors"] == 2
    for name in ("helm", "cost"):
        assert by_id[name]["error"].startswith("ProviderError: The model 'served-model' at")
        assert "can't be reached" in by_id[name]["error"]
    assert by_id["cup"]["error"] is None, "it is refused without the model"
    assert KEY not in out and str(library.parent) not in json.dumps(by_id)


def test_a_quotation_in_place_of_a_failed_answer_is_not_scored_as_the_models(
    run: Run, gold: Path, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer(lambda _: failed(401), NAME) as server:
        point(server, monkeypatch)
        code, out, _ = run("eval", "--gold", gold, "--writer", "model", "--json")
    whole, by_id = results(out)
    assert code == 1 and whole["errors"] == 2
    assert by_id["helm"]["claims"] == by_id["helm"]["citations"] == []
    assert by_id["helm"]["status"] == "error"
    assert whole["provenance"]["writer"] == "model"


def test_after_three_faults_in_a_row_no_more_is_asked(
    run: Run, gold: Path, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = GOLD.index("- id: cup")
    gold.write_text(GOLD[:far] + MORE + GOLD[far:])
    with ModelServer(lambda _: failed(401), NAME) as server:
        point(server, monkeypatch)
        code, out, _ = run("eval", "--gold", gold, "--writer", "model", "--json")
        asked = sum(r.method == "POST" for r in server.requests)
    whole, by_id = results(out)
    assert code == 1 and asked == 3
    assert (whole["errors"], whole["unscored"]) == (3, 2)
    for name in ("votes", "cup"):
        assert "not run after 3 faults in a row" in json.dumps(by_id[name])


def test_a_fault_between_answers_stops_nothing(
    run: Run, gold: Path, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = GOLD.index("- id: cup")
    gold.write_text(GOLD[:far] + MORE + GOLD[far:])
    with ModelServer(
        lambda r: failed(401) if "helm of" not in prompt_of(r).split("Question:")[-1] else right(r),
        NAME,
    ) as server:
        point(server, monkeypatch)
        _, out, _ = run("eval", "--gold", gold, "--writer", "model", "--json")
        asked = sum(r.method == "POST" for r in server.requests)
    assert asked == 4
    assert (json.loads(out)["errors"], json.loads(out)["unscored"]) == (3, 1)


@pytest.mark.parametrize("writer", [[], ["--writer", "quotes"]], ids=["by default", "said"])
def test_a_key_in_the_environment_changes_nothing_and_is_not_used(
    writer: list[str],
    run: Run,
    gold: Path,
    library: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without = results(run("eval", "--gold", gold, "--json")[1])[0]
    with ModelServer([], NAME) as server:
        point(server, monkeypatch)
        code, out, err = run("eval", "--gold", gold, "--json", *writer)
        assert server.requests == []
    whole, _ = results(out)
    assert (code, err) == (0, "")
    assert whole["scores"] == without["scores"]
    assert (whole["provenance"]["writer"], whole["provenance"]["model"]) == ("quotes", None)


def test_several_models_and_none_named_is_told_before_anything_is_asked(
    run: Run, gold: Path, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer([], "llama-3", "qwen-2") as server:
        point(server, monkeypatch)
        code, out, err = run("eval", "--gold", gold, "--writer", "model")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1 and "one of llama-3, qwen-2" in err
