from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from eval.reports import write_report
from eval.reports.bars import changes, went_wrong, whisker
from eval.reports.compare import compare
from eval.reports.html import report_html
from eval.reports.junit import junit_xml
from eval.reports.plots import latency, plots_of, reliability, trade_off
from eval.reports.summary import summary_md
from eval.reports.svg import Plot, nice_step, ticks
from eval.reports.wording import fault_said, printable, signed
from eval.results import (
    SCHEMA,
    Change,
    CitedWords,
    ClaimResult,
    Fault,
    GateResult,
    GoldWords,
    JudgeResult,
    Provenance,
    QuestionResult,
    Results,
    Score,
    Timings,
)
from eval.results_file import read_results
from rag.errors import SettingsError

NASTY = "<script>alert('x')</script> a|b `code` \x00\x1b[31m \ud800 *bold* [link](y)\nnext"

CITED = CitedWords(
    n=1,
    file="2024-05-03_ferry.txt",
    title="Ferry strikes pier",
    outlet="The Harbour Post",
    published="2024-05-03",
    start=120,
    end=160,
    quote="Captain Ilya Brandt was at the helm",
    before="Fourteen people were injured.",
    after="The operator said nothing.",
    gold=True,
)
QUESTION = QuestionResult(
    id="ferry-captain",
    question="Who was at the helm of the ferry?",
    kind="who",
    tags=("near",),
    abstain=False,
    as_of="2024-06-01",
    gold_hash="0123456789ab",
    expected=("Ilya Brandt or Brandt",),
    supports=(GoldWords("2024-05-03_ferry.txt", "Captain Ilya Brandt was at the helm"),),
    status="answered",
    error=None,
    unscored=None,
    confidence=0.8,
    answer="“Captain Ilya Brandt was at the helm” [1]",
    claims=(ClaimResult("“Captain Ilya Brandt was at the helm”", (1,), "verbatim"),),
    citations=(CITED,),
    parts={"right sentence": (1.0, 1.0), "nDCG@10": (0.5, 1.0)},
    wrong=None,
)
REFUSED = replace(
    QUESTION,
    id="ferry-fine",
    question="How large was the fine?",
    kind="how-many",
    abstain=True,
    status="not_found",
    confidence=0.1,
    answer="Nothing in the articles answers this.",
    claims=(),
    parts={"refused when not": (1.0, 1.0)},
)
WRONG = replace(QUESTION, id="ferry-wrong", wrong="evidence", parts={"right sentence": (0.0, 1.0)})
ERROR = replace(
    QUESTION,
    id="ferry-error",
    status="error",
    error="TimeoutError: no reply",
    confidence=None,
    answer="",
    claims=(),
    citations=(),
    parts={},
    wrong="error",
)
UNSCORED = replace(
    QUESTION, id="ferry-unscored", unscored="the gold fits no sentence", parts={}, wrong="unscored"
)
RIGHT_SENTENCE = Score("right sentence", "evidence", 0.5, 0.2, 0.8, n=2, threshold=0.4)
PROVENANCE = Provenance(
    citewire="0.1.0",
    commit="abcdef0123456789",
    dirty=True,
    python="3.12.1",
    packages={"numpy": "2.0"},
    machine="Linux x86_64",
    processors=2,
    settings={"answer_threshold": 0.4},
    settings_hash="aabbccddeeff",
    writer="quotes",
    model=None,
    judge=None,
    gold="harbour.yaml",
    gold_hash="ffeeddccbbaa",
    articles=2,
    passages=9,
    sentences=30,
    library_hash="112233445566",
)


def results(
    *questions: QuestionResult,
    scores: Sequence[Score] = (RIGHT_SENTENCE,),
    gate: GateResult | None = None,
    timed: bool = True,
) -> Results:
    times = {q.id: 40.0 + 10 * n for n, q in enumerate(questions)}
    return Results(
        schema=SCHEMA,
        provenance=PROVENANCE,
        scores=tuple(scores),
        errors=sum(q.error is not None for q in questions),
        unscored=sum(q.unscored is not None for q in questions),
        questions=questions,
        gate=gate or GateResult(True, ()),
        timings=Timings("2026-01-05T09:00:00+00:00", 1.5, 0.5, (), times) if timed else None,
    )


def change(name: str = "right sentence", *, failed: bool = False) -> Change:
    return Change(name, 0.9, 0.5, -0.6, -0.2, 4, ("ferry-wrong",), (), failed)


class Page(HTMLParser):
    """What a browser makes of a page: its tags, and its text by the tag it stands in."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def having(self, attribute: str) -> list[str]:
        return [a[attribute] or "" for _, a in self.tags if attribute in a]


# --- the four files ------------------------------------------------------------------------


def test_a_report_is_four_files_and_its_results_are_read_back(tmp_path: Path) -> None:
    run = results(QUESTION, WRONG)
    paths = write_report(run, tmp_path / "new" / "report")
    assert [p.name for p in paths] == ["results.json", "junit.xml", "summary.md", "report.html"]
    assert sorted(p.name for p in (tmp_path / "new" / "report").iterdir()) == sorted(
        p.name for p in paths
    )
    assert read_results(paths[0]) == run


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    run, old = results(QUESTION, WRONG, ERROR), results(QUESTION, REFUSED)
    first = [p.read_bytes() for p in write_report(run, tmp_path / "a", old)]
    assert first == [p.read_bytes() for p in write_report(run, tmp_path / "b", old)]


def test_a_folder_that_cannot_be_written_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(SettingsError, match="taken") as caught:
        write_report(results(QUESTION), tmp_path / "taken")
    assert "\n" not in str(caught.value)


def test_a_report_that_fails_half_way_leaves_no_scraps(tmp_path: Path) -> None:
    (tmp_path / "junit.xml").mkdir()
    with pytest.raises(SettingsError):
        write_report(results(QUESTION), tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["junit.xml", "results.json"]


def test_whatever_the_articles_say_the_files_are_sound(tmp_path: Path) -> None:
    cited = replace(CITED, quote=NASTY, before=NASTY, after=NASTY, title=NASTY, outlet=NASTY)
    claim = ClaimResult(NASTY, (1,), "unsupported", (NASTY,))
    nasty = replace(
        WRONG,
        id=NASTY,
        question=NASTY,
        kind=NASTY,
        tags=(NASTY,),
        expected=(NASTY,),
        supports=(GoldWords(NASTY, NASTY),),
        answer=NASTY,
        claims=(claim,),
        citations=(replace(cited, fault=NASTY),),
        judge=JudgeResult(None, False, 3, 1, NASTY),
        wrong="citation",
    )
    old = results(replace(nasty, answer="other"))
    gate = GateResult(False, (NASTY,), NASTY, 0.1, changes=(change(NASTY, failed=True),))
    score = replace(RIGHT_SENTENCE, name=NASTY, group=NASTY)
    run = results(nasty, replace(ERROR, error=NASTY), scores=[score], gate=gate)
    _, junit, summary, page = (p.read_bytes().decode() for p in write_report(run, tmp_path, old))

    assert ET.fromstring(junit).find("testsuite/testcase") is not None
    for text in (junit, summary, page):
        assert "\x00" not in text and "\x1b" not in text
        assert "<script>alert" not in text
    read = Page(page)
    assert [tag for tag, _ in read.tags].count("script") == 1
    assert "<script>alert('x')</script>" in read.text
    rows = [line for line in summary.splitlines() if line.startswith("|")]
    assert all(re.fullmatch(r"\|( [^|]* \|)+", row) for row in rows)
    assert "`" not in summary.replace("`report.html`", "")


# --- JUnit ---------------------------------------------------------------------------------


def suites(run: Results) -> dict[str, ET.Element]:
    return {s.get("name", ""): s for s in ET.fromstring(junit_xml(run))}


def failures(run: Results) -> list[str]:
    gate = suites(run)["gate"]
    return [case.get("name", "") for case in gate if case.find("failure") is not None]


def test_a_question_that_went_wrong_is_told_but_not_red() -> None:
    questions = suites(results(QUESTION, WRONG))["questions"]
    assert (questions.get("tests"), questions.get("failures"), questions.get("errors")) == (
        "2",
        "0",
        "0",
    )
    right, wrong = questions
    assert right.find("system-out") is None
    assert "another sentence was quoted" in (wrong.findtext("system-out") or "")
    assert [p.attrib for p in wrong.iter("property")] == [{"name": "wrong", "value": "evidence"}]
    assert wrong.get("classname") == "harbour.yaml" and wrong.get("time") == "0.050"


def test_errors_and_unscored_questions_are_red_and_never_skipped() -> None:
    gate = GateResult(False, ("1 question ended in an error: x", "1 question could not be scored"))
    run = results(QUESTION, ERROR, UNSCORED, gate=gate)
    questions = suites(run)["questions"]
    assert questions.get("errors") == "2" and questions.get("skipped") == "0"
    assert [e.get("type") for e in questions.iter("error")] == ["error", "unscored"]
    assert failures(run) == ["errors", "unscored"]


@pytest.mark.parametrize(
    ("gate", "scores", "red"),
    [
        (GateResult(True, ()), [RIGHT_SENTENCE], []),
        (
            GateResult(False, ("right sentence is 0.500, below 0.6",)),
            [replace(RIGHT_SENTENCE, threshold=0.6)],
            ["right sentence"],
        ),
        (
            GateResult(False, ("right sentence is without a question, but has a threshold",)),
            [Score("right sentence", "evidence", None, None, None, 0, threshold=0.6)],
            ["right sentence"],
        ),
        (
            GateResult(False, ("right sentence fell from 0.9",), changes=(change(failed=True),)),
            [RIGHT_SENTENCE],
            ["right sentence"],
        ),
        (GateResult(True, (), changes=(change(),)), [RIGHT_SENTENCE], []),
        (GateResult(True, (), changes=(change(failed=True),)), [RIGHT_SENTENCE], []),
        (GateResult(False, ("2 questions were not asked",)), [RIGHT_SENTENCE], ["anything else"]),
        (GateResult(False, ()), [RIGHT_SENTENCE], ["anything else"]),
    ],
)
def test_the_red_of_junit_is_the_red_of_the_gate(
    gate: GateResult, scores: list[Score], red: list[str]
) -> None:
    run = results(QUESTION, scores=scores, gate=gate)
    root = ET.fromstring(junit_xml(run))
    assert failures(run) == red
    assert root.get("failures") == str(len(red)) and root.get("errors") == "0"
    assert root.get("tests") == str(len(list(root.iter("testcase"))))


# --- Markdown ------------------------------------------------------------------------------


def test_the_summary_begins_with_the_verdict_and_its_reasons() -> None:
    assert summary_md(results(QUESTION)).startswith("**The gate passes.**\n")
    failed = GateResult(False, ("right sentence is 0.5, below 0.6", "1 question ended in an error"))
    text = summary_md(results(WRONG, gate=failed))
    assert text.startswith("**The gate fails: right sentence is 0.5, below 0.6.**\n\n- 1 question")


def test_the_summary_lists_twenty_questions_and_says_how_many_more() -> None:
    many = [replace(WRONG, id=f"wrong-{n}") for n in range(25)]
    text = summary_md(results(*many))
    assert len(re.findall(r"^\| wrong-", text, re.MULTILINE)) == 20
    assert "and 5 more" in text
    assert "25 went wrong (evidence 25)" in text


def test_the_summary_puts_what_got_worse_first() -> None:
    now = results(WRONG, replace(WRONG, id="lost"))
    text = summary_md(now, results(WRONG, replace(QUESTION, id="lost")))
    assert text.index("| lost |") < text.index("| ferry-wrong |")


# --- the page ------------------------------------------------------------------------------


def test_the_page_asks_for_nothing_from_outside() -> None:
    source = report_html(results(QUESTION, WRONG, ERROR), results(WRONG))
    page = Page(source)
    assert "//" not in re.sub(r"// Filters only.*|// A value.*", "", source)
    assert "@import" not in source and "url(" not in source
    assert all(href.startswith("#") for href in page.having("href"))
    assert page.having("src") == [] and page.having("style") == []
    policy = next(a["content"] for _, a in page.tags if a.get("http-equiv"))
    assert policy is not None and policy.startswith("default-src 'none';")


def test_the_page_names_every_question_and_no_anchor_twice() -> None:
    run = results(QUESTION, REFUSED, WRONG, ERROR, UNSCORED)
    page = Page(report_html(run, results(REFUSED, QUESTION, replace(WRONG, wrong=None))))
    ids = page.having("id")
    assert {f"question-{q.id}" for q in run.questions} <= set(ids)
    assert len(ids) == len(set(ids))


def test_every_link_of_the_page_leads_somewhere() -> None:
    gate = GateResult(True, (), changes=(change(),))
    page = Page(report_html(results(QUESTION, WRONG, gate=gate), results(QUESTION)))
    assert {h[1:] for h in page.having("href")} <= set(page.having("id"))


def test_a_quotation_stands_among_its_own_words() -> None:
    source = report_html(results(QUESTION))
    assert (
        "Fourteen people were injured. <mark>Captain Ilya Brandt was at the helm</mark>"
        " The operator said nothing." in source
    )


def test_a_changed_question_is_shown_beside_the_baseline() -> None:
    old = replace(QUESTION, answer="Somebody else was.", wrong="answer", claims=(), citations=())
    text = Page(report_html(results(QUESTION), results(old))).text
    assert "Now: better" in text and "Baseline: answer" in text and "Somebody else was." in text


def test_an_unchanged_question_is_shown_once() -> None:
    source = report_html(results(QUESTION), results(QUESTION).as_baseline())
    assert "Baseline: " not in Page(source).text


def test_the_page_of_many_questions_is_small() -> None:
    many = [replace(WRONG, id=f"q-{n}", answer=f"Answer {n}.") for n in range(300)]
    old = [replace(q, answer="Another.") for q in many]
    assert len(report_html(results(*many), results(*old)).encode()) < 3_000_000


# --- comparing -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "verdict"),
    [
        (QUESTION, "unchanged"),
        (replace(QUESTION, answer="Other words."), "same"),
        (replace(WRONG, id=QUESTION.id), "better"),
        (replace(QUESTION, parts={"right sentence": (0.0, 1.0)}), "better"),
        (replace(QUESTION, parts={"right sentence": (2.0, 1.0)}), "worse"),
        (replace(QUESTION, parts={"right sentence": (0.0, 1.0), "old": (2.0, 1.0)}), "better"),
        (replace(QUESTION, parts={"nDCG@10": (0.9, 1.0)}), "unchanged"),
        (replace(QUESTION, gold_hash="changed"), "other gold"),
        (replace(QUESTION, id="another"), "new"),
    ],
)
def test_a_question_is_compared_by_what_went_wrong_then_by_its_scores(
    before: QuestionResult, verdict: str
) -> None:
    ndcg = Score("nDCG@10", "retrieval", 0.5, 0.4, 0.6, n=1)
    now = results(QUESTION, scores=[RIGHT_SENTENCE, ndcg])
    assert compare(now, results(before))["ferry-captain"].verdict == verdict


def test_scores_that_moved_both_ways_are_not_called_better() -> None:
    scores = [replace(RIGHT_SENTENCE, name=name) for name in ("a", "b")]
    now = results(replace(QUESTION, parts={"a": (1.0, 1.0), "b": (0.0, 1.0)}), scores=scores)
    old = results(replace(QUESTION, parts={"a": (0.0, 1.0), "b": (1.0, 1.0)}), scores=scores)
    assert compare(now, old)["ferry-captain"].verdict == "better and worse"


# --- pictures ------------------------------------------------------------------------------

UNSURE = replace(QUESTION, confidence=None)


@pytest.mark.parametrize(
    "plot",
    [
        reliability([]),
        reliability([UNSURE]),
        latency(results()),
        latency(results(QUESTION, timed=False)),
        trade_off([]),
        trade_off([QUESTION]),
        trade_off([UNSURE, REFUSED]),
        went_wrong([]),
        changes(results()),
    ],
    ids=lambda p: p.name,
)
def test_a_picture_of_nothing_says_so(plot: Plot) -> None:
    assert plot.svg == ""
    assert plot.caption.startswith("No data: ")


def test_a_page_of_no_question_is_still_a_page() -> None:
    source = report_html(results(scores=[], timed=False))
    assert source.count("no data") == 4


@pytest.mark.parametrize(
    "run",
    [
        results(QUESTION, REFUSED),
        results(QUESTION),
        results(QUESTION, REFUSED, replace(QUESTION, id="b", confidence=0.8), ERROR),
        results(
            *[replace(QUESTION, id=str(n), kind=f"kind {n}", confidence=n / 30) for n in range(31)]
        ),
        results(QUESTION, gate=GateResult(True, (), changes=(change(), change(failed=True)))),
    ],
)
def test_every_picture_is_sound_names_itself_and_stays_within_its_edges(run: Results) -> None:
    for plot in plots_of(run):
        if not plot.svg:
            continue
        svg = ET.fromstring(plot.svg)
        width, height = map(float, svg.get("viewBox", "").split()[2:])
        assert svg.get("aria-label") and svg.findtext("title") == svg.get("aria-label")
        for element in svg.iter():
            for names, most in ((("x", "x1", "x2", "cx"), width), (("y", "y1", "cy"), height)):
                places = [float(element.get(name, "0")) for name in names]
                assert all(0 <= place <= most for place in places), ET.tostring(element)


def test_a_bin_says_how_many_questions_it_has() -> None:
    rows = [replace(QUESTION, confidence=0.42), replace(QUESTION, confidence=0.48), REFUSED]
    svg = ET.fromstring(reliability(rows).svg)
    assert [t.text for t in svg.iter("title")][1:] == [
        "confidence 0.10: 0 of 1 can be answered",
        "confidence 0.45: 2 of 2 can be answered",
    ]


def test_the_trade_off_of_a_perfect_order_encloses_everything() -> None:
    assert "the area below is 1.00" in trade_off([QUESTION, REFUSED]).caption
    upside_down = [replace(QUESTION, confidence=0.1), replace(REFUSED, confidence=0.8)]
    assert "the area below is 0.00" in trade_off(upside_down).caption


def test_one_slow_question_does_not_hide_the_others() -> None:
    run = results(*[replace(QUESTION, id=str(n)) for n in range(40)])
    assert run.timings is not None
    slow = replace(run.timings, questions={**run.timings.questions, "0": 60_000.0})
    plot = latency(replace(run, timings=slow))
    assert len(ET.fromstring(plot.svg).findall("rect")) > 5
    assert "up to 60,000 ms" in plot.caption


def test_scores_that_did_not_change_are_counted_and_not_drawn() -> None:
    still = Change("quotes verbatim", 1.0, 1.0, 0.0, 0.0, 4, (), (), False)
    plot = changes(results(gate=GateResult(True, (), changes=(change(), still))))
    assert "quotes verbatim" not in plot.svg and "1 that did not change" in plot.caption


def test_a_whisker_of_no_value_is_left_out() -> None:
    assert whisker(Score("none", "answer", None, None, None, 0)) == ""


# --- words and numbers ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("retrieval", "No passage with the answer was found."),
        ("evidence", "A passage with the answer was found, but another sentence was quoted."),
        ("abstention", "It was refused, although the articles answer it."),
        ("answer", "The right sentence was quoted, but the answer lacks what was expected."),
        ("citation", "The answer and its citations do not fit together."),
    ],
)
def test_what_went_wrong_is_said_in_a_sentence(fault: Fault, said: str) -> None:
    assert fault_said(replace(QUESTION, wrong=fault)) == said


def test_a_fault_is_said_with_its_particulars() -> None:
    assert fault_said(QUESTION) == ""
    assert fault_said(ERROR) == "The program failed: TimeoutError: no reply."
    assert fault_said(UNSCORED).endswith("could not be scored: the gold fits no sentence.")
    answered = replace(REFUSED, status="answered", wrong="abstention")
    assert fault_said(answered) == "It was answered, although the articles do not answer it."
    missing = replace(QUESTION.claims[0], missing=("two years",))
    assert "two years" in fault_said(replace(QUESTION, wrong="citation", claims=(missing,)))
    altered = replace(CITED, fault="other words stand at its offsets")
    assert fault_said(replace(QUESTION, wrong="citation", citations=(altered,))) == (
        "Quotation [1] is not as cited: other words stand at its offsets."
    )


@pytest.mark.parametrize(
    ("score", "fails"),
    [
        (replace(RIGHT_SENTENCE, threshold=None), False),
        (replace(RIGHT_SENTENCE, threshold=0.5), False),
        (replace(RIGHT_SENTENCE, threshold=0.51), True),
        (replace(RIGHT_SENTENCE, threshold=0.49, better="lower"), True),
        (replace(RIGHT_SENTENCE, threshold=0.5, better="lower"), False),
        (replace(RIGHT_SENTENCE, value=None), True),
    ],
)
def test_a_threshold_is_missed_on_its_wrong_side_or_without_a_value(
    score: Score, fails: bool
) -> None:
    assert score.missed is fails


def test_a_change_too_small_to_show_has_no_sign() -> None:
    assert [signed(v) for v in (-0.0004, 0.0, -0.0006, 0.25)] == [
        "0.000",
        "0.000",
        "−0.001",
        "+0.250",
    ]


def test_only_what_xml_forbids_is_replaced() -> None:
    sound = "a\tb\nc 𝒳 é"
    assert printable(sound) == sound
    assert printable("\x00\x0b\ud800\ufffe") == "\ufffd" * 4


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 1, (0, 0.2, 0.4, 0.6, 0.8, 1.0)), (-0.3, 0.3, (-0.2, 0, 0.2)), (3, 3, (3,))],
)
def test_ticks_are_round_numbers_within_the_range(
    low: float, high: float, expected: tuple[float, ...]
) -> None:
    assert ticks(low, high) == pytest.approx(expected)


@pytest.mark.parametrize(("least", "step"), [(0.03, 0.05), (1, 1), (1.1, 2), (600, 1000), (0, 1)])
def test_a_step_is_one_two_or_five_of_some_power_of_ten(least: float, step: float) -> None:
    assert nice_step(least) == pytest.approx(step)
