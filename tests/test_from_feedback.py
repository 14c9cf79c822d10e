"""`citewire eval --from-feedback`: what readers thought becomes candidates for gold."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.questions.from_feedback import feedback_gold
from eval.questions.gold_file import check_gold, load_gold
from eval.run import evaluate
from ingest.pipeline import IngestReport
from rag.engine import Engine
from rag.history import History, KeptTurn
from rag.refusal import reason_of
from rag.settings import Settings
from rag.signals import analyse
from rag.types import Answer, Filters
from tests.conftest import OTHER, STORY, Run
from tests.eval_factory import answer, article, cite, claim, quoted

HELM = "Who was at the helm of the ferry Halcyon?"
CUP = "Who won the chess cup in Samarkand?"
OF = article()
MARKED = replace(cite(1, 1, OF), answer_start=cite(1, 1, OF).start + 8)
BRANDT = replace(MARKED, answer_end=(MARKED.answer_start or 0) + len("Ilya Brandt"))
GOOD = replace(answer([quoted(BRANDT)], [BRANDT]), question=HELM)
REFUSED = replace(answer([], []), question=CUP)


@pytest.fixture
def history(home: Path) -> Iterator[History]:
    with History(home) as opened:
        yield opened


@pytest.fixture
def rate(history: History) -> Callable[..., str]:
    """Keeps an answer with a rating; gives the turn's id."""

    def go(one: Answer, thumb: int, comment: str = "", user: str = "") -> str:
        turn = history.add(user, history.start(user, one.question), one)
        history.rate(user, turn.id, thumb, comment)
        return turn.id

    return go


@pytest.fixture
def library(folder: Path, take: Callable[..., IngestReport]) -> Path:
    """Two articles in the folder and in the library."""
    (folder / "a[1]* – é.txt").write_text(STORY)
    (folder / "b.txt").write_text(OTHER)
    take()
    return folder


def turn(one: Answer, thumb: int, comment: str = "") -> KeptTurn:
    return KeptTurn("t", "c", 0, one, datetime(2024, 5, 9, tzinfo=UTC), thumb, comment)


def written(tmp_path: Path, *turns: KeptTurn) -> Path:
    path = tmp_path / "rated.yaml"
    path.write_text(feedback_gold(turns, path.name)[0], encoding="utf-8")
    return path


def rows(path: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = yaml.safe_load(path.read_text(encoding="utf-8"))["questions"]
    return found


def test_what_was_liked_is_gold_that_holds_and_what_was_not_has_to_be_completed(
    run: Run, home: Path, library: Path, tmp_path: Path, rate: Callable[..., str]
) -> None:
    with Engine(home, Settings()) as engine:
        helm, cup = engine.ask(HELM), engine.ask(CUP)
        hall = engine.ask("What did Mayor Petra Quill say the work would cost?")
    assert (helm.status, cup.status) == ("answered", "not_found")
    rate(helm, 1, user="ann")
    rate(cup, 1, user="bob")
    path = tmp_path / "liked.yaml"
    code, out, err = run("eval", "--from-feedback", path)
    assert (code, err) == (0, "")
    assert f"Wrote 2 questions to {path}, 0 of them unfinished" in out
    code, out, _ = run("eval", "--gold", path, "--check")
    assert code == 0 and "2 questions could be read, 0 problems; held against the library" in out
    results = evaluate(home, load_gold(path), Settings())
    assert (results.errors, results.unscored) == (0, 0)
    assert [q.wrong for q in results.questions] == [None, None]

    rate(hall, -1, "It was 13 million.")
    path = tmp_path / "all.yaml"
    code, out, _ = run("eval", "--from-feedback", path, "--json")
    assert json.loads(out) == {"written": str(path), "questions": 3, "unfinished": 1}
    code, out, err = run("eval", "--gold", path, "--check")
    assert code == 2 and "2 questions could be read" in out
    unfinished = rows(path)[2]
    assert unfinished.keys() == {"id", "question", "kind"}
    assert all(f"question {unfinished['id']!r} needs" in line for line in err.splitlines())
    assert run("eval", "--gold", path)[0] == 2
    text = path.read_text(encoding="utf-8")
    assert "# The comment: It was 13 million." in text
    assert "ann" not in text.replace("be sent", "").split() and "bob" not in text
    assert str(library) not in text


def test_an_answered_question_carries_over_what_is_known(tmp_path: Path) -> None:
    followed = replace(
        GOOD,
        question="Who was\nit?",
        standalone=HELM,
        as_of=date(2024, 5, 4),
        status="disagreement",
    )
    path = written(tmp_path, turn(followed, 1, "Exactly."))
    (case,) = load_gold(path).cases
    assert (case.question, case.kind, case.as_of) == (HELM, "who", date(2024, 5, 4))
    assert [str(a) for group in case.accept for a in group] == ["Ilya Brandt"]
    assert [(s.files, s.quote) for s in case.support] == [("a1_ferry.txt", BRANDT.quote)]
    text = path.read_text()
    assert "# Thumb up, 2024-05-09." in text and "# The comment: Exactly." in text
    assert "# It was asked as: Who was it?" in text and "Unfinished" not in text


@pytest.mark.parametrize(
    ("one", "thumb", "why"),
    [
        (GOOD, -1, "the answer is not right"),
        (GOOD, 0, "nobody said whether the answer is right"),
        (REFUSED, -1, "the answer is not right"),
        (replace(GOOD, citations=(MARKED,)), 1, "write `accept`"),
        (replace(GOOD, claims=(claim("The master was there.", 1),)), 1, "write `accept`"),
        (replace(GOOD, question="Wasn’t Brandt at the helm?"), 1, 'write `answer: "yes"`'),
        (
            replace(REFUSED, reason="No article passes the date and outlet filters."),
            1,
            "it was asked under filters",
        ),
    ],
)
def test_what_is_not_known_is_left_to_a_person(
    tmp_path: Path, one: Answer, thumb: int, why: str
) -> None:
    path = written(tmp_path, turn(one, thumb, "Hm."))
    gold, mistakes = check_gold(path)
    assert gold is not None and gold.cases == ()
    assert mistakes and all("needs" in m.message for m in mistakes)
    text = path.read_text()
    assert f"# Unfinished: {why}" in text and "# The comment: Hm." in text
    assert one.text.split()[0] in text.split("# The answer that was given:")[1]


def test_every_refusal_under_filters_says_so(engine: Engine) -> None:
    """What a candidate goes by, for an answer does not tell its filters."""
    for question in (CUP, "Why?", "What is the capital of Peru?"):
        told = reason_of(analyse(question), [], 0.0, filtered=True)
        assert "filters" in told
        assert "filters" not in reason_of(analyse(question), [], 0.0, filtered=False)
    late = engine.ask(CUP, Filters(since=date(2023, 1, 1)))
    assert late.status == "not_found" and "filters" in (late.reason or "")


def test_a_refusal_as_of_a_day_is_gold_for_that_day(tmp_path: Path) -> None:
    one = replace(REFUSED, as_of=date(2024, 5, 4), reason="The articles that pass the filters …")
    (case,) = load_gold(written(tmp_path, turn(one, 1))).cases
    assert case.abstain and case.as_of == date(2024, 5, 4)


def test_of_a_question_rated_twice_the_last_rating_counts(
    home: Path, tmp_path: Path, run: Run, rate: Callable[..., str], history: History
) -> None:
    first = rate(GOOD, 1, "the earlier")
    rate(replace(GOOD, question=HELM.upper().replace(" ", "  ").rstrip("?")), 1, "second")
    rate(replace(GOOD, as_of=date(2024, 5, 4)), 1, "of another day")
    path = tmp_path / "rated.yaml"
    assert run("eval", "--from-feedback", path)[0] == 0
    assert "second" in path.read_text() and "the earlier" not in path.read_text()
    ids = [row["id"] for row in rows(path)]
    assert len(set(ids)) == 2
    history.rate("", first, -1, "the latest")
    path = tmp_path / "again.yaml"
    assert run("eval", "--from-feedback", path)[0] == 0
    assert "the latest" in path.read_text() and "second" not in path.read_text()
    assert [row["id"] for row in rows(path)] == ids[::-1]
    assert "support" in rows(path)[0] and "support" not in rows(path)[1]


def test_two_files_of_one_name_and_two_sentences_of_one_file_share_a_name(tmp_path: Path) -> None:
    other = replace(cite(2, 0, OF), source="/elsewhere/a1_ferry.txt")
    one = replace(GOOD, citations=(BRANDT, other, replace(other, n=3, source="/b *.txt")))
    gold = load_gold(written(tmp_path, turn(one, 1)))
    assert [(a.name, a.files) for a in gold.articles] == [
        ("a01", "a1_ferry.txt"),
        ("a02", "b [*].txt"),
    ]
    assert [s.article for s in gold.cases[0].support] == ["a01", "a01", "a02"]


ODD = "a:#-?'\"\\{}[]\n\r\t \x00\x07\x7f\x85\u2028\u202e\ufeff\ufffeé😀"


@settings(max_examples=60, deadline=None)
@given(
    st.text(st.sampled_from(ODD), max_size=20),
    st.text(st.sampled_from(ODD + "\ud800"), max_size=40),
    st.text(st.sampled_from(ODD + "\udfff"), max_size=40),
)
def test_no_text_gets_out_of_its_place(question: str, comment: str, said: str) -> None:
    one = replace(GOOD, question=f"Who {question}?", claims=(claim(said, 1),))
    refused = replace(REFUSED, question=f"Why {question}?", reason=f"No. {said}")
    content, count, unfinished = feedback_gold(
        [turn(one, -1, f"x\n- id: evil {comment}"), turn(refused, 1, comment)], f"{said}.yaml"
    )
    document = yaml.safe_load(content.encode().decode())
    found = [(row["question"], row.get("abstain")) for row in document["questions"]]
    assert found == [(one.question, None), (refused.question, True)]
    assert (count, unfinished) == (2, 1)


def test_a_comment_cannot_add_a_question(tmp_path: Path) -> None:
    evil = "x\r- id: evil\u2028- id: evil\x85- id: evil\n- id: evil " + "long words " * 40
    path = written(tmp_path, turn(GOOD, 1, evil), turn(REFUSED, -1, evil))
    assert [row["question"] for row in rows(path)] == [HELM, CUP]
    assert all(len(line) <= 100 for line in path.read_text().splitlines() if line[:1] == "#")


def test_without_ratings_nothing_is_written(home: Path, tmp_path: Path, run: Run) -> None:
    path = tmp_path / "rated.yaml"
    code, out, err = run("eval", "--from-feedback", path)
    assert (code, out) == (2, "") and err.count("\n") == 1
    assert "No answer in" in err and "rate some on the chat page" in err
    assert not History.exists(home) and not path.exists()
    with History(home) as history:
        history.add("", history.start("", "t"), GOOD)
    assert run("eval", "--from-feedback", path)[0] == 2
    assert not path.exists()


def test_a_file_that_is_there_is_never_replaced(
    tmp_path: Path, run: Run, rate: Callable[..., str]
) -> None:
    rate(GOOD, 1)
    path = tmp_path / "mine.yaml"
    path.write_text("mine")
    code, _, err = run("eval", "--from-feedback", path)
    assert code == 2 and "is there already" in err and path.read_text() == "mine"
    code, _, err = run("eval", "--from-feedback", tmp_path / "no" / "x.yaml")
    assert code == 2 and "can't be written" in err and err.count("\n") == 1
    assert run("eval", "--from-feedback", "")[0] == 2


def test_a_rated_answer_that_cannot_be_read_is_told_and_the_others_are_written(
    home: Path, tmp_path: Path, run: Run, rate: Callable[..., str]
) -> None:
    bad, path = rate(REFUSED, 1), tmp_path / "rated.yaml"
    with closing(sqlite3.connect(home / "history.db")) as db, db:
        db.execute("UPDATE turns SET answer = 'gone'")
    code, _, err = run("eval", "--from-feedback", path)
    assert code == 3 and bad in err and not path.exists()
    rate(GOOD, 1)
    code, out, err = run("eval", "--from-feedback", path)
    assert code == 1 and "Wrote 1 questions" in out
    assert err.startswith(f"citewire: The answer {bad}") and err.count("\n") == 1
    assert [row["question"] for row in rows(path)] == [HELM]


@pytest.mark.parametrize(
    "more", [("--init",), ("--check",), ("--gold", "g.yaml"), ("--articles", "x"), ("--beir", "x")]
)
def test_options_that_mean_nothing_with_it_are_refused(
    tmp_path: Path, run: Run, rate: Callable[..., str], more: tuple[str, ...]
) -> None:
    rate(GOOD, 1)
    code, _, err = run("eval", "--from-feedback", tmp_path / "x.yaml", *more)
    assert code == 2 and f"{more[0]} does not go with" in err
    assert not (tmp_path / "x.yaml").exists()
