from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from eval.questions.answers import Expression, Quantity, Text, When
from eval.questions.gold_file import check_gold, load_gold
from rag.errors import SettingsError
from tests.conftest import ROOT

GOLD = ROOT / "eval" / "gold"
QUESTION: dict[str, object] = {
    "id": "q",
    "question": "Who?",
    "kind": "who",
    "accept": ["x"],
    "support": [{"article": "a", "sentence": ["x"]}],
}


def write(path: Path, *rows: dict[str, object], **top: object) -> Path:
    table = {"version": 1, "articles": {"a": "a_*"}, **top, "questions": list(rows)}
    path.write_text(yaml.safe_dump(table, sort_keys=False))
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": None}, "question 1 lacks `id`"),
        ({"id": 5}, "`id` is 5, which is no text"),
        ({"support": [{"article": "a", "sentence": [""]}]}, "`sentence` is a list"),
        ({"question": "  "}, "question 'q' lacks `question`"),
        ({"kind": "whom"}, "kind 'whom' is none of who, when"),
        ({"accept": None}, "needs `accept`"),
        ({"support": None}, "either `support` or `abstain"),
        ({"abstain": True}, "accept: a question to abstain from has none"),
        ({"abstain": "yes"}, "abstain: 'yes' is not true or false"),
        ({"support": [{"article": "b", "sentence": ["x"]}]}, "article 'b' is not listed"),
        ({"support": [{"article": "a", "sentence": ["("]}]}, "the pattern '(' is not valid"),
        ({"support": [{"sentence": ["x"]}]}, "each row needs `article`"),
        ({"support": [{"article": "a", "sentence": "x"}]}, "`sentence` is a list"),
        ({"support": [{"article": "a", "quote": 5}]}, "quote: 5 is no text"),
        ({"support": [{"article": "a", "quote": "x", "sentence": ["x"]}]}, "keep one"),
        ({"support": "a"}, "support: it is a list"),
        ({"acept": ["x"]}, "no field 'acept'"),
        ({"qusetion": "x"}, "'question' is meant?"),
        ({"accept": "x"}, "accept: it is a list"),
        ({"accept": []}, "accept: it is a list"),
        ({"accept": [True]}, "True is no answer"),
        ({"accept": ["…"]}, "is none of a text, a number"),
        ({"accept": [{"number": "many"}]}, "is none of a text, a number"),
        ({"accept": [{"number": 3, "unit": 4}]}, "unit: 4 is no word"),
        ({"accept": [{"number": 3, "units": "men"}]}, "no field 'units'"),
        ({"accept": [{"date": "soon"}]}, "'soon' is no date"),
        ({"accept": [{"regex": "["}]}, "the pattern '[' is not valid"),
        ({"accept": [{"text": "x", "aliases": "y"}]}, "aliases: it is a list"),
        ({"accept_all": [["x"]]}, "both `accept` and `accept_all`"),
        ({"answer": "maybe"}, "answer 'maybe' is none of yes, no"),
        ({"answer": True, "kind": "yes-no"}, 'write "yes" or "no" in quotes'),
        ({"answer": "yes"}, "answer: it goes with `kind: yes-no`"),
        ({"as_of": "March"}, "as_of: 'March' is no day"),
        ({"miss": "near"}, "miss: it goes with `abstain: true`"),
        ({"need": "both"}, "need 'both' is none of all"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_field(
    changes: dict[str, object], message: str, tmp_path: Path
) -> None:
    row = {k: v for k, v in {**QUESTION, **changes}.items() if v is not None}
    path = write(tmp_path / "gold.yaml", row)
    _, mistakes = check_gold(path)
    assert any(message in m.message for m in mistakes), mistakes
    with pytest.raises(SettingsError, match=r"gold\.yaml:\d+: ") as caught:
        load_gold(path)
    assert "\n" not in str(caught.value)


def test_the_line_told_is_the_one_of_the_field(tmp_path: Path) -> None:
    path = tmp_path / "gold.yaml"
    path.write_text(
        "articles: {a: a_*}\nquestions:\n- id: one\n  question: Who?\n  kind: whom\n"
        "  accept: [x]\n  support:\n  - article: a\n    sentence: ['(']\n"
    )
    _, mistakes = check_gold(path)
    assert [m.line for m in mistakes] == [5, 9]


def test_every_mistake_is_found_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path / "gold.yaml",
        {**QUESTION, "kind": "whom"},
        {**QUESTION, "id": "r", "accept": [True]},
        {**QUESTION, "id": "s"},
        {**QUESTION, "id": "s"},
        thresholds={"right sentence": "high"},
        articles={"a": "a_*", "b": 3},
    )
    gold, mistakes = check_gold(path)
    assert len(mistakes) == 5
    assert gold is not None and [c.id for c in gold.cases] == ["s", "s"]
    with pytest.raises(SettingsError, match="and 4 more; `citewire eval --check` shows all"):
        load_gold(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"questions: 3", b"questions: []", b"questions: [", b"\0", b"a: b: c", b"\xff",
     b"questions: &a [*a]", b"questions: [{id: q, id: r}]", b"version: 2\nquestions: [{}]",
     b"questions:\n- {id: q, question: a, kind: who, accept: [2023-02-31]}",
     b"thresholds: [1]\nquestions: [{}]"],
)  # fmt: skip
def test_what_is_no_gold_file_is_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "gold.yaml"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"gold\.yaml") as caught:
        load_gold(path)
    assert "\n" not in str(caught.value)


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("any") / "gold.yaml"
    path.write_bytes(text.encode("utf-8", "replace"))
    gold, mistakes = check_gold(path)
    assert mistakes or gold


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        load_gold(tmp_path / "none.yaml")
    with pytest.raises(SettingsError, match="has no gold file"):
        load_gold(tmp_path)


def test_accepted_answers_are_read_in_every_form(tmp_path: Path) -> None:
    path = tmp_path / "gold.yaml"
    path.write_text(
        "articles: {a: a_*}\nquestions:\n- id: q\n  question: Who?\n  kind: list\n"
        "  as_of: 2023-02-01\n  accept_all:\n"
        "  - [Al-Sheikh, {text: the minister, aliases: [MoCA]}]\n"
        "  - [67, {number: 1.5, unit: [million, m]}]\n"
        "  - [2014-07-08, {date: 2014-07}, {date: 2014}, {date: May 14}]\n"
        "  - [{regex: 'coun?cil'}]\n"
        "  support: [{article: a, quote: 'some  words'}, {article: 'b*.txt'}]\n"
    )
    (case,) = load_gold(path).cases
    names, numbers, dates, (expression,) = case.accept
    assert names == (Text(("Al-Sheikh",)), Text(("the minister", "MoCA")))
    assert numbers == (Quantity(67.0), Quantity(1.5, ("million", "m")))
    assert dates == (
        When(2014, 7, 8), When(2014, 7, None), When(2014, None, None), When(None, 5, 14)
    )  # fmt: skip
    assert isinstance(expression, Expression)
    assert case.as_of == date(2023, 2, 1)
    assert case.support[0].quote == "some words"
    assert case.support[1].files == "b*.txt"


def test_a_folder_of_gold_files_is_one_gold(tmp_path: Path) -> None:
    write(tmp_path / "one.yaml", QUESTION, thresholds={"right sentence": 0.5})
    write(tmp_path / "two.yaml", {**QUESTION, "id": "r"})
    gold = load_gold(tmp_path)
    assert [c.id for c in gold.cases] == ["q", "r"]
    assert gold.thresholds == {"right sentence": 0.5}
    write(tmp_path / "two.yaml", QUESTION, thresholds={"right sentence": 0.6})
    _, mistakes = check_gold(tmp_path)
    assert ["one.yaml has this id too" in m.message for m in mistakes] == [False, True]
    assert "another value" in mistakes[0].message


def test_a_questions_hash_changes_with_its_gold_and_not_with_its_notes(tmp_path: Path) -> None:
    def hash_of(**changes: object) -> str:
        return load_gold(write(tmp_path / "g.yaml", {**QUESTION, **changes})).cases[0].hash

    assert hash_of(notes="seen twice") == hash_of()
    others = [
        hash_of(question="Whom?"),
        hash_of(accept=["y"]),
        hash_of(accept=[67]),
        hash_of(as_of=date(2023, 1, 1)),
        hash_of(support=[{"article": "a", "sentence": ["y"]}]),
        hash_of(need="all"),
    ]
    assert len({hash_of(), *others}) == 7


@pytest.mark.parametrize("name", ["seeds", "wire", "dev-1", "dev-2", "dev-3", "dev-reference"])
def test_our_own_gold_files_are_sound(name: str) -> None:
    _, mistakes = check_gold(GOLD / f"{name}.yaml")
    assert mistakes == ()
