from __future__ import annotations

import random
from dataclasses import replace

import pytest

from eval.metrics.abstention import balanced_parts
from eval.metrics.answer import answer_correct
from eval.metrics.citations import citation_precision, citation_recall, claims_carried, not_carried
from eval.metrics.evidence import all_sides, first_article, right_article, right_sentence
from eval.metrics.quotes import fault_of, markers_sound, quotes_verbatim
from eval.metrics.retrieval import hit_at, ndcg_at, recall_at, reciprocal_rank_at
from eval.questions.answers import Quantity, Text
from eval.questions.cases import Case
from rag.types import Citation, Claim
from tests.eval_factory import TEXT, answer, article, asked, cite, claim, quoted, refused

FERRY = article()
HURT, HELM, RUDDER, COST = (cite(n + 1, n, FERRY) for n in range(4))


# --- citations, as ALCE defines them ------------------------------------------------------


def test_a_claim_that_its_gold_sentence_carries_is_recalled() -> None:
    one = asked([claim("Ilya Brandt was at the helm.", 2)], [HURT, HELM])
    assert citation_recall(one) == (1.0, 1.0)
    assert citation_precision(one) == (1.0, 1.0)


def test_a_claim_with_another_name_is_not() -> None:
    one = asked([claim("Ilya Brenner was at the helm.", 2)], [HURT, HELM])
    assert citation_recall(one) == (0.0, 1.0)
    assert citation_precision(one) == (0.0, 1.0)


def test_a_claim_that_cites_another_sentence_is_not() -> None:
    one = asked([claim("The inquiry will cost 12 million crowns.", 4)], [HURT, HELM, RUDDER, COST])
    assert citation_recall(one) == (0.0, 1.0)


def test_a_citation_that_adds_nothing_costs_precision_and_not_recall() -> None:
    one = asked([claim("Ilya Brandt was at the helm.", 2, 3)], [HURT, HELM, RUDDER])
    assert citation_recall(one) == (1.0, 1.0)
    assert citation_precision(one) == (0.5, 1.0)


def test_two_citations_that_carry_a_claim_only_together_are_both_precise() -> None:
    both = "Ilya Brandt was at the helm when fourteen people were hurt."
    one = asked([claim(both, 1, 2)], [HURT, HELM], gold=(0, 1))
    assert citation_recall(one) == (1.0, 1.0)
    assert citation_precision(one) == (1.0, 1.0)


def test_claims_are_averaged_within_an_answer() -> None:
    claims = [claim("Brandt was at the helm.", 1), claim("It will cost 13 million crowns.", 1)]
    one = asked(claims, [replace(HELM, n=1)])
    assert citation_recall(one) == (0.5, 1.0)
    assert citation_precision(one) == (0.5, 1.0)


def test_a_refusal_has_no_citations_to_score() -> None:
    assert citation_recall(refused(asked([quoted(HURT)], [HURT]))) is None


def test_a_true_quotation_that_does_not_answer_is_carried_but_not_recalled() -> None:
    one = asked([quoted(HURT)], [HURT])
    assert claims_carried(one) == (1.0, 1.0)
    assert citation_recall(one) == (0.0, 1.0)


@pytest.mark.parametrize(
    "text",
    [
        "Harbour Post, 3 May 2024: “Fifteen people were hurt when the ferry struck the pier.”",
        "Harbour Post, 4 May 2024: “{quote}”",
        "Coast Weekly, 3 May 2024: “{quote}”",
        "{quote}",
    ],
)
def test_a_quotation_with_another_word_outlet_or_date_is_not_carried(text: str) -> None:
    changed = replace(quoted(HURT), text=text.format(quote=HURT.quote))
    assert not_carried(changed, asked([changed], [HURT]))


def test_a_claim_that_cites_nothing_that_is_there_is_not_carried() -> None:
    one = asked([claim("Brandt was at the helm.", 7)], [HURT])
    assert claims_carried(one) == (0.0, 1.0)


# --- quotations ---------------------------------------------------------------------------


def test_a_sound_quotation_has_no_fault() -> None:
    assert fault_of(HURT, FERRY) is None
    assert quotes_verbatim(asked([quoted(HURT)], [HURT])) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"start": HURT.start + 1}, "other words"),
        ({"end": HURT.end - 1}, "other words"),
        ({"quote": HURT.quote.upper()}, "other words"),
        ({"end": 9999}, "outside"),
        ({"start": -5}, "outside"),
        ({"start": 20, "end": 10}, "outside"),
        ({"outlet": "Coast Weekly"}, "outlet"),
        ({"published": None}, "outlet, date"),
        ({"title": "Another"}, "outlet, date, title"),
        ({"source": "/elsewhere.txt"}, "file"),
    ],
)
def test_a_quotation_that_is_not_as_cited_is_told(changes: dict[str, object], fault: str) -> None:
    broken = replace(HURT, **changes)  # type: ignore[arg-type]
    assert fault in (fault_of(broken, FERRY) or "")
    assert quotes_verbatim(asked([quoted(HURT)], [broken])) == (0.0, 1.0)


def test_an_article_that_was_altered_or_is_gone_makes_a_fault() -> None:
    altered = replace(FERRY, text=TEXT.replace("12", "13"))
    assert fault_of(HURT, altered) == "the stored article was altered"
    assert fault_of(HURT, None) == "no such article"


@pytest.mark.parametrize(
    ("claims", "citations"),
    [
        ([], [HURT]),
        ([claim("x", 1)], [replace(HURT, n=0)]),
        ([claim("x", 1)], [HURT, replace(HELM, n=3)]),
        ([claim("x", 1), claim("y", 3)], [HURT, HELM]),
        ([claim("x", 1)], [HURT, HELM]),
        ([claim("x", 1), claim("y")], [HURT]),
        ([claim("x [2]", 1), claim("y", 2)], [HURT, HELM]),
    ],
)
def test_markers_that_do_not_fit_the_citations_are_a_fault(
    claims: list[Claim], citations: list[Citation]
) -> None:
    one = asked([], [])
    given = replace(answer(claims, citations), status="answered")
    assert markers_sound(replace(one, answer=given)) == (0.0, 1.0)


def test_markers_that_fit_are_sound_even_where_a_quotation_has_brackets() -> None:
    claims = [claim("He said “[2] so.”", 1), claim("y", 1, 2)]
    assert markers_sound(asked(claims, [HURT, HELM])) == (1.0, 1.0)


# --- answers and evidence -----------------------------------------------------------------


def test_the_accepted_answer_is_looked_for_in_the_quotations() -> None:
    case = Case(id="q", question="?", kind="how-many", accept=((Quantity(14),),))
    assert answer_correct(asked([quoted(HURT)], [HURT], case=case)) == (1.0, 1.0)
    assert answer_correct(asked([quoted(HELM)], [HELM], case=case)) == (0.0, 1.0)
    assert answer_correct(refused(asked([quoted(HURT)], [HURT], case=case))) == (0.0, 1.0)


def test_the_introduction_of_a_quotation_is_no_answer() -> None:
    case = Case(id="q", question="?", kind="what", accept=((Text(("Harbour Post",)),),))
    assert answer_correct(asked([quoted(HURT)], [HURT], case=case)) == (0.0, 1.0)


def test_yes_or_no_is_judged_only_where_a_sentence_says_it() -> None:
    case = Case(id="q", question="?", kind="yes-no", yes_no="no")
    assert answer_correct(asked([quoted(HURT)], [HURT], case=case)) is None
    assert answer_correct(refused(asked([], [], case=case))) is None
    for text, right in (("No, it was not.", 1.0), ("Yes.", 0.0), ("Nobody knows.", 0.0)):
        one = asked([claim(text, 1)], [HURT], case=case)
        assert one.answer
        written = replace(one, answer=replace(one.answer, writer="llm"))
        assert answer_correct(written) == (right, 1.0)


def test_the_right_sentence_may_stand_at_any_place_of_the_answer() -> None:
    one = asked([quoted(HURT), quoted(HELM)], [HURT, HELM], gold=(1,))
    assert right_sentence(one) == (1.0, 1.0)
    assert right_article(one) == first_article(one) == (1.0, 1.0)
    assert right_sentence(asked([quoted(HURT)], [HURT], gold=(1,))) == (0.0, 1.0)


def test_where_all_sides_are_needed_one_is_not_enough() -> None:
    one = asked([quoted(HURT), quoted(HELM)], [HURT, HELM], gold=(0,))
    case = Case(id="q", question="?", kind="what", need_all=True)
    (_, spans), *_ = one.answering.rows
    (_, others), *_ = asked([], [], gold=(1,)).answering.rows
    rows = (("a", spans), ("b", others))
    one = replace(one, case=case, answering=one.answering._replace(rows=rows))
    assert all_sides(one) == (1.0, 1.0)
    half = replace(one, answer=answer([quoted(HURT)], [HURT]))
    assert all_sides(half) == (0.0, 1.0)


# --- abstention and retrieval -------------------------------------------------------------


def test_balanced_accuracy_weighs_both_kinds_alike() -> None:
    always = balanced_parts([(True, True)] * 90 + [(False, True)] * 10)
    never = balanced_parts([(True, False)] * 90 + [(False, False)] * 10)
    for parts in (always, never):
        assert sum(v for v, _ in parts) / sum(w for _, w in parts) == pytest.approx(0.5)
    assert balanced_parts([(True, True)] * 5) == []


def test_retrieval_scores_are_those_of_trec_eval() -> None:
    import pytrec_eval

    rng = random.Random(3)
    for _ in range(100):
        documents = [f"d{i:03}" for i in range(rng.randint(1, 60))]
        grades = {d: rng.choice((0, 0, 0, 1, 2, 3)) for d in documents if rng.random() < 0.6}
        grades["gone"] = rng.choice((0, 1))
        ranked = rng.sample(documents, rng.randint(1, len(documents)))
        run = {"q": {d: float(len(ranked) - i) for i, d in enumerate(ranked)}}
        measures = {"recall_5", "recall_10", "ndcg_cut_10", "success_1", "recip_rank"}
        (theirs,) = pytrec_eval.RelevanceEvaluator({"q": grades}, measures).evaluate(run).values()
        assert recall_at(ranked, grades, 5) == pytest.approx(theirs["recall_5"])
        assert recall_at(ranked, grades, 10) == pytest.approx(theirs["recall_10"])
        assert ndcg_at(ranked, grades, 10) == pytest.approx(theirs["ndcg_cut_10"])
        assert hit_at(ranked, grades, 1) == pytest.approx(theirs["success_1"])
        first = theirs["recip_rank"]
        expected = first if first >= 0.1 else 0.0
        assert reciprocal_rank_at(ranked, grades, 10) == pytest.approx(expected)
