"""Nothing is shown as cited that its source does not carry."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading import long_date
from rag.types import Article, Citation, Claim, Evidence, Sentence, SkippedSpan
from rag.verify import fault_of, verify
from rag.write import choose, cite, introduce, quote_claims

TEXT = (
    "Print\n\nThe minister said on Monday that 67 soldiers were killed. “We are ready,” he added."
    " The talks will not resume in May."
)
START = TEXT.index("The minister")
END = TEXT.index(" “We are")


def article(text: str = TEXT) -> Article:
    return Article(
        id="a0123456789",
        source="/news/minister.txt",
        text=text,
        title="Minister speaks",
        outlet="The Wire",
        published=date(2023, 2, 1),
        byline=None,
        url=None,
        skipped=(SkippedSpan(0, 5, "navigation"),),
        content_hash=hashlib.sha256(text.encode()).hexdigest(),
    )


def evidence(start: int = START, end: int = END, share: float = 0.9, n: int = 0) -> Evidence:
    return Evidence(Sentence(f"a0123456789.x.{n}", start, end), article(), start, end, 1.0, share)


def draft() -> tuple[tuple[Claim, ...], tuple[Citation, ...]]:
    citations = cite([evidence()])
    return quote_claims(citations), citations


def test_a_true_quotation_passes_unchanged() -> None:
    claims, citations = draft()
    assert verify(claims, citations, lambda _: article()) == (claims, citations)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"quote": TEXT[START:END].replace("67", "76")}, "the words"),
        ({"quote": TEXT[START:END].replace("minister", "premier")}, "the words"),
        ({"start": START + 1}, "the words"),
        ({"end": END - 1}, "the words"),
        ({"start": -5}, "outside"),
        ({"end": len(TEXT) + 1}, "outside"),
        ({"start": END, "end": START}, "outside"),
        ({"start": 0, "end": 5, "quote": "Print"}, "furniture"),
        ({"outlet": "The Times"}, "outlet or date"),
        ({"published": date(2023, 2, 2)}, "outlet or date"),
        ({"published": None}, "outlet or date"),
        ({"answer_start": START - 1, "answer_end": END}, "short answer"),
        ({"answer_start": START, "answer_end": END + 1}, "short answer"),
        ({"answer_start": START + 4, "answer_end": START + 4}, "short answer"),
        ({"answer_start": START}, "short answer"),
    ],
)
def test_a_changed_citation_is_never_shown(change: dict[str, object], why: str) -> None:
    claims, (citation,) = draft()
    changed = replace(citation, **change)  # type: ignore[arg-type]
    assert why in (fault_of(changed, article()) or "")
    assert verify(claims, (changed,), lambda _: article()) == ((), ())


@pytest.mark.parametrize(
    "text",
    [
        "The Wire, 1 February 2023: “The minister said that 76 soldiers were killed.”",
        "The Times, 1 February 2023: “{quote}”",
        "The Wire, 2 February 2023: “{quote}”",
        "The minister denied it.",
        "{quote}",
    ],
)
def test_a_verbatim_claim_that_says_something_else_is_dropped(text: str) -> None:
    (claim,), citations = draft()
    changed = replace(claim, text=text.format(quote=citations[0].quote))
    assert verify((changed,), citations, lambda _: article()) == ((), ())


def test_a_claim_citing_a_number_that_does_not_exist_is_dropped() -> None:
    (claim,), citations = draft()
    assert verify((replace(claim, citations=(1, 9)),), citations, lambda _: article())[0] == ()
    assert verify((replace(claim, citations=()),), citations, lambda _: article())[0] == ()


def test_an_article_altered_behind_our_back_is_not_quoted() -> None:
    claims, citations = draft()
    altered = replace(article(), text=TEXT + " More.")
    assert verify(claims, citations, lambda _: altered) == ((), ())


@given(st.integers(0, len(TEXT)), st.integers(0, len(TEXT)), st.text(max_size=30))
def test_whatever_passes_stands_in_the_text(start: int, end: int, quote: str) -> None:
    (citation,) = cite([evidence()])
    changed = replace(citation, start=start, end=end, quote=quote)
    if fault_of(changed, article()) is None:
        assert TEXT[start:end] == quote != ""


def test_an_unknown_outlet_or_date_is_said_to_be_unknown() -> None:
    assert introduce(None, None, "/news/a.txt") == "Unknown outlet (a.txt), undated"
    assert introduce("The Wire", date(2023, 2, 1), "/x") == "The Wire, 1 February 2023"
    assert long_date(date(2014, 10, 31)) == "31 October 2014"


def test_quoting_stops_when_enough_belief_is_held() -> None:
    second = TEXT.index("“We")
    third = TEXT.index("The talks")
    ranked = [
        evidence(share=0.5),
        evidence(second, third - 1, 0.3, 1),
        evidence(third, len(TEXT), 0.2, 2),
    ]
    assert len(choose(ranked, 3, 0.4)) == 1
    assert len(choose(ranked, 3, 0.6)) == 2
    assert len(choose(ranked, 3, 1.0)) == 3
    assert len(choose(ranked, 2, 1.0)) == 2
    assert choose([], 3, 1.0) == ()


def test_the_same_words_are_not_quoted_twice() -> None:
    ranked = [evidence(share=0.3), evidence(share=0.3, n=1), evidence(START, START + 12, 0.3, 2)]
    assert len(choose(ranked, 3, 1.0)) == 1
