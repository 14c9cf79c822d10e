"""The page's HTML: nothing that others wrote becomes a part of it, and nothing of it is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rag.hidden import without_hidden
from rag.history import KeptTurn
from rag.reading import fold
from rag.standing import mark_of
from rag.types import Answer, Article, Citation, Claim, Disagreement, Dropped, Side, SkippedSpan
from tests.eval_factory import answer, article, cite, claim, quoted
from ui.chat.answer_html import (
    LIVE,
    answer_html,
    article_address,
    fault_html,
    pending_html,
    said_html,
)
from ui.chat.article_html import article_html, article_page
from ui.chat.messages import answered, asked, of_turns, question_of, text_of, thumbs_of, turn_of
from ui.chat.words import ENGLISH, GERMAN
from ui.export_words import clean

TURN = "0a1b2c"
FERRY = article(article_id="a1")
HURT, HELM, RUDDER = (cite(n, n - 1, FERRY) for n in (1, 2, 3))
QUOTED = answer([quoted(HURT), quoted(HELM)], [HURT, HELM])
WRITTEN = replace(
    answer([claim("Fourteen were hurt; Brandt steered.", 1, 2)], [HURT, HELM]),
    writer="model",
    model="llama3.1:8b",
    usage={"prompt_tokens": 11, "completion_tokens": 7},
)
REFUSED = replace(answer([], []), reason="Nothing is said of Sweden.")
BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
VOID = {"br", "meta", "link"}
NASTY = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</div></li></p><style>*{}</style>",
    "&lt;b&gt; &amp; &#60;",
    "a\n\n<script>b</script>",
    "a\r\rb\r\n\r\nc\u2028\u2028d\x85\x85e\x0b\x0cf",
    "\u202eevil\u2066",
    "{n} {0} {model} %s",
    "half \ud800 a letter, \x00 and \x1b[31m",
    'id="turn-deadbeef"',
    "**b** `c` [d](javascript:alert(1)) # e",
    "الجزيرة 12",
)
texts = st.sampled_from(NASTY) | st.text(
    alphabet=st.sampled_from("<>&\"'\n\r\t \\`*_[](){}#-é\u202e\u2067𝔘الج\x00\x85\u2028ab1"),
    max_size=30,
)


class Shown(HTMLParser):
    """What a browser makes of it: each element with its attributes and its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.pieces: list[str] = []
        self._open: list[tuple[str, list[str]]] = []
        self.feed(source)
        self.close()
        assert self._open == [], "an element is left open"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pieces: list[str] = []
        self.elements.append((tag, dict(attrs), pieces))
        if tag == "br":
            self.handle_data("\n")
        if tag not in VOID:
            self._open.append((tag, pieces))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)
        for _, pieces in self._open:
            pieces.append(data)

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def skeleton(self) -> list[tuple[str, dict[str, str | None]]]:
        """What there is but for texts, and for what quoted words are known again by."""
        mark = re.compile(r"&words=[0-9a-f]{16}")
        return [
            (tag, {name: value and mark.sub("", value) for name, value in attrs.items()})
            for tag, attrs, _ in self.elements
        ]

    def all(self, name: str) -> list[str]:
        """The texts of the elements of a tag, or of a class where it begins with a dot."""
        return [
            "".join(pieces)
            for tag, attrs, pieces in self.elements
            if tag == name or name[1:] in (attrs.get("class") or "").split()
        ]

    def attributes(self, name: str) -> list[str]:
        return [attrs[name] or "" for _, attrs, _ in self.elements if name in attrs]


def shown(one: Answer) -> Shown:
    return Shown(answer_html(one, TURN, ENGLISH))


def squeezed(text: str) -> str:
    return "".join(text.split())


def full(text: str) -> list[Answer]:
    """An answer in each state, with this text wherever others write one."""

    def citation(n: int) -> Citation:
        return replace(
            cite(n, n - 1, FERRY),
            quote=text,
            outlet=text or None,
            title=text or None,
            answer_start=None,
        )

    cited = (citation(1), citation(2))
    written = replace(
        WRITTEN,
        claims=(Claim(text, (1, 2), "supported"), Claim(text, (), "unsupported")),
        citations=cited,
        model=text or "m",
        standalone=text or None,
        notes=(text, text),
        fault=text or None,
        dropped=(Dropped(text, (text, text)), Dropped(text, (text,))),
    )
    side = Side(text, (1,))
    return [
        written,
        replace(QUOTED, citations=cited, notes=(text,)),
        replace(REFUSED, reason=text or None, nearest=cited),
        replace(written, status="disagreement", disagreements=(Disagreement(text, (side, side)),)),
    ]


# --- what others wrote ------------------------------------------------------------------------


@settings(deadline=None)
@given(texts.filter(bool))
@example(NASTY[0])
@example(NASTY[5])
@example(NASTY[6])
@example(NASTY[9])
def test_no_text_adds_an_element_or_an_attribute(text: str) -> None:
    for hostile, harmless in zip(full(text), full("x"), strict=True):
        assert shown(hostile).skeleton == shown(harmless).skeleton


@settings(deadline=None)
@given(texts)
def test_every_text_is_shown_word_for_word(text: str) -> None:
    words = clean(fold(text))
    written, quoted_, refused, differing = map(shown, full(text))
    assert written.all(".cw-claim")[0].startswith(words)
    assert set(written.all("blockquote")) == {f"“{words}”"}
    assert refused.all(".cw-reason") == ([clean(text)] if text else [])
    assert f": {clean(text)}" in differing.all(".cw-head")[0]
    assert quoted_.all(".cw-note") == [words]
    assert all(words in row for row in written.all("li"))


@settings(deadline=None)
@given(texts)
def test_a_message_is_one_block_of_html_in_markdown(text: str) -> None:
    """A blank line ends such a block, and what follows would be taken for Markdown."""
    parse = MarkdownIt("commonmark", {"html": True}).parse
    messages = [answer_html(one, TURN, ENGLISH) for one in full(text)]
    cited = [replace(cite(1, 0, FERRY), quote=text, outlet=text)]
    messages.append(said_html([Claim(text, (1,), "supported")], cited, text, ENGLISH, text))
    messages += [fault_html(text), pending_html(text, ENGLISH)]
    for html in messages:
        content = answered(html)["content"]
        assert [token.type for token in parse(content)] == ["html_block"]
        assert len(content.splitlines()) == 1
        assert not BIDI & set(content)
        content.encode()


@settings(deadline=None)
@given(texts.filter(fold))
def test_an_article_page_takes_nothing_for_markup(text: str) -> None:
    def page(title: str) -> Shown:
        named = replace(FERRY, title=title, outlet=title, byline=title, source=f"/n/{title}")
        return Shown(article_page(named, (3, 9), ENGLISH, "p{}"))

    assert page(text).skeleton == page("x").skeleton


@settings(deadline=None)
@given(texts)
def test_an_article_id_stays_one_part_of_an_address(text: str) -> None:
    text = text.replace("\ud800", "")
    address = article_address(text, 3, 9)
    path, _, rest = address.partition("?")
    assert re.fullmatch(r"article/[\w.~%-]*", path, re.ASCII) and rest == "start=3&end=9#hit"


# --- the states of an answer -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "class_", "says"),
    [
        (QUOTED, ".cw-writer", "Quotations, word for word; no language model took part."),
        (WRITTEN, ".cw-writer", "Written by llama3.1:8b; each sentence was checked against the "
         "sentences it points at. (11 tokens read, 7 written)"),
        (replace(WRITTEN, cost_usd=0.00125), ".cw-writer", "7 written, 0.0013 US dollars)"),
        (replace(WRITTEN, cost_usd=0.0), ".cw-writer", "7 written, 0.0000 US dollars)"),
        (replace(WRITTEN, cached=True, cost_usd=0.5), ".cw-writer",
         "at. (kept from before; nothing was sent)"),
        (replace(WRITTEN, usage={}), ".cw-writer", "the sentences it points at."),
        (replace(QUOTED, model="gpt-4o"), ".cw-writer",
         "gpt-4o was asked; what stands here is quoted."),
        (replace(QUOTED, fault="The model is down."), ".cw-note", "The model is down."),
        (replace(QUOTED, fault="It is down.", notes=("It is down. Quoted.",)), ".cw-note",
         "It is down. Quoted."),
        (replace(QUOTED, notes=("One.", "Two.")), ".cw-note", "Two."),
        (replace(QUOTED, as_of=date(2024, 6, 1)), ".cw-note", "As of 1 June 2024"),
        (replace(QUOTED, standalone="How many of them?"), ".cw-note",
         "Understood as: How many of them?"),
        (REFUSED, ".cw-refusal", "The articles do not say"),
        (REFUSED, ".cw-reason", "Nothing is said of Sweden."),
        (replace(REFUSED, nearest=(RUDDER,)), ".cw-nearest",
         "The operator had not overhauled the rudder."),
        (replace(WRITTEN, dropped=(Dropped("It sank.", ("“sank”", "it")),)), ".cw-dropped",
         "Left out: a sentence that the articles do not carry“It sank.” The articles do not"
         " carry “sank”, it."),
        (replace(WRITTEN, dropped=(Dropped("A.", ()), Dropped("B.", ()))), ".cw-dropped",
         "Left out: 2 sentences that the articles do not carry"),
        (replace(WRITTEN, claims=(claim("It sank.", support="unsupported"),)), ".cw-not-carried",
         "It sank. (not carried by the articles)"),
        (replace(QUOTED, citations=(replace(HURT, outlet=None),)), ".cw-open",
         "Unknown outlet (a1_ferry.txt), 3 May 2024"),
        (replace(QUOTED, citations=(replace(HURT, published=None),)), ".cw-open",
         "Harbour Post, undated"),
    ],
)  # fmt: skip
def test_every_state_of_an_answer_is_told(one: Answer, class_: str, says: str) -> None:
    assert any(says in text for text in shown(one).all(class_))


def test_a_fault_that_a_note_tells_is_told_once() -> None:
    one = replace(QUOTED, fault="It is down.", notes=("It is down. What follows is quoted.",))
    assert shown(one).text.count("It is down.") == 1


def test_tokens_that_no_server_counted_are_not_told_as_none() -> None:
    assert "token" not in shown(replace(WRITTEN, usage={})).text


def test_quotations_are_the_answer_and_stand_there_once() -> None:
    page = shown(QUOTED)
    assert page.all(".cw-claim") == []
    assert page.all("blockquote") == [f"“{HURT.quote}”", f"“{HELM.quote}”"]


def test_a_refusal_shows_no_claim_and_numbers_no_sentence() -> None:
    page = shown(replace(REFUSED, nearest=(RUDDER, HELM)))
    assert page.all(".cw-claim") == page.all(".cw-cite") == []
    assert [i for i in page.attributes("id") if i.startswith("near-")] == [
        f"near-{TURN}-0",
        f"near-{TURN}-1",
    ]


def test_a_refusal_without_nearest_sentences_promises_none() -> None:
    assert shown(REFUSED).all(".cw-nearest") == []
    assert ENGLISH.nearest not in shown(REFUSED).text


def test_both_sides_of_a_disagreement_stand_with_their_sources() -> None:
    sides = (Side("Fourteen were hurt.", (1,)), Side("Fifteen were.", (2, 9)))
    one = replace(
        WRITTEN, status="disagreement", disagreements=(Disagreement("the number", sides),)
    )
    page = shown(one)
    assert "The sources differ: the number" in page.text
    first, second = page.all(".cw-side")
    assert first.startswith("Fourteen were hurt. [1]") and "[2]" in second
    assert "[9]" not in page.text


def test_each_number_leads_to_its_source_and_each_source_to_its_words() -> None:
    page = shown(WRITTEN)
    ids = page.attributes("id")
    assert len(set(ids)) == len(ids)
    targets = [a["href"] for _, a, _ in page.elements if a.get("class") == "cw-cite"]
    assert targets == [f"#cite-{TURN}-1", f"#cite-{TURN}-2"]
    assert {t[1:] for t in targets if t} <= set(ids)
    places = [a["href"] for _, a, _ in page.elements if a.get("class") == "cw-open"]
    assert places == [
        f"article/a1?start={c.start}&end={c.end}&words={mark_of(c.quote)}#hit" for c in (HURT, HELM)
    ]


def test_a_number_tells_its_source_to_those_who_do_not_see_it() -> None:
    assert shown(WRITTEN).all(".cw-cite")[0] == "[1] Source 1, Harbour Post, 3 May 2024"


def test_what_is_copied_is_named_by_the_claims_place() -> None:
    unsupported = claim("It sank.", support="unsupported")
    one = replace(WRITTEN, claims=(unsupported, *WRITTEN.claims))
    copies = [i for i in shown(one).attributes("id") if i.startswith("copy-")]
    assert copies == [f"copy-{TURN}-1", f"copy-{TURN}-all"]
    quotes = [i for i in shown(QUOTED).attributes("id") if i.startswith("copy-")]
    assert quotes == [f"copy-{TURN}-0", f"copy-{TURN}-1", f"copy-{TURN}-all"]


def test_a_number_without_a_source_is_not_shown() -> None:
    assert shown(replace(WRITTEN, claims=(claim("A.", 1, 7),))).text.count("[7]") == 0


def test_what_is_still_written_can_neither_be_copied_nor_taken_away() -> None:
    page = Shown(said_html(WRITTEN.claims, WRITTEN.citations, "So?", ENGLISH, "Wait."))
    assert page.all("button") == page.all(".cw-export") == []
    assert page.all(".cw-warning") == ["Wait."]
    assert page.all(".cw-note") == ["Understood as: So?"]
    assert f"cite-{LIVE}-1" in page.attributes("id")


def test_an_answer_is_told_in_the_readers_language() -> None:
    page = Shown(answer_html(replace(REFUSED, nearest=(RUDDER,)), TURN, GERMAN))
    assert GERMAN.not_said in page.text and ENGLISH.not_said not in page.text


# --- the short answer --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quote", "short", "marked"),
    [
        ("The ferry\n  Halcyon struck the pier.", "ferry\n  Halcyon", "ferry Halcyon"),
        ("**67** soldiers were killed.", "67", "67"),
        ("About **67 soldiers**, he said.", "67 soldiers", "67 soldiers"),
        ("About **67 soldiers**, he said.", "**67 soldiers**", "67 soldiers"),
        ("_Die Welt_ counts [12 men](http://a.b).", "12 men", "12 men"),
        ("> Ilya Brandt\n> was at the helm.", "Ilya Brandt", "Ilya Brandt"),
        ("Ilya <b>Brandt</b> & Co", "<b>Brandt</b> & Co", "<b>Brandt</b> & Co"),
        ("snake_case is a name", "snake", "snake"),
        ("جاك قال 14 رجلا", "14", "14"),
    ],
)
def test_the_short_answer_is_marked_and_nothing_else(quote: str, short: str, marked: str) -> None:
    start = HURT.start + quote.index(short)
    c = replace(HURT, quote=quote, end=HURT.start + len(quote))
    c = replace(c, answer_start=start, answer_end=start + len(short))
    page = shown(replace(QUOTED, citations=(c,)))
    assert page.all("mark") == [marked]
    assert page.all("blockquote") == [f"“{fold(quote)}”"]


def test_of_two_like_words_the_one_that_answers_is_marked() -> None:
    quote = "5 of the **5** were hurt"
    c = replace(HURT, quote=quote, end=HURT.start + len(quote))
    c = replace(c, answer_start=c.start + 11, answer_end=c.start + 12)
    html = answer_html(replace(QUOTED, citations=(c,)), TURN, ENGLISH)
    assert "“5 of the <mark>5</mark> were hurt”" in html


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["ferry", "67", "«Á»", "<b>", "&amp;", "𝔘n", "o'er"]), min_size=1),
    st.data(),
)
def test_the_mark_holds_the_words_between_the_offsets(
    words: list[str], data: st.DataObject
) -> None:
    gaps = data.draw(
        st.lists(
            st.sampled_from([" ", "\n", "\r\n", "\n\n  ", "\t"]),
            min_size=len(words),
            max_size=len(words),
        )
    )
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    starts, quote = [], ""
    for word, gap in zip(words, gaps, strict=True):
        starts.append(len(quote))
        quote += word + gap
    quote = quote.rstrip()
    c = replace(HURT, quote=quote, start=50, end=50 + len(quote))
    c = replace(c, answer_start=50 + starts[first], answer_end=50 + starts[last] + len(words[last]))
    page = shown(replace(QUOTED, citations=(c,)))
    assert page.all("mark") == [" ".join(words[first : last + 1])]
    assert page.all("blockquote") == [f"“{' '.join(words)}”"]


@pytest.mark.parametrize("ends", [(None, None), (0, 0), (5, 2), (-9, 3), (0, 10_000), (3, None)])
def test_offsets_out_of_the_quotation_mark_nothing(ends: tuple[int | None, int | None]) -> None:
    page = shown(
        replace(QUOTED, citations=(replace(HURT, answer_start=ends[0], answer_end=ends[1]),))
    )
    assert page.all("mark") == [] and page.all("blockquote") == [f"“{HURT.quote}”"]


# --- an article --------------------------------------------------------------------------------


def of_text(text: str, *skipped: SkippedSpan) -> Article:
    return replace(FERRY, text=text, skipped=skipped)


def body(html: str) -> Shown:
    return Shown(html[html.index('<div class="cw-text">') :])


@settings(deadline=None)
@given(
    st.text(alphabet="ab <>&\"'\n\n\n\r\té\u202e𝔘-", min_size=1, max_size=80),
    st.data(),
)
def test_a_whole_article_is_its_text_with_the_cited_words_marked(
    text: str, data: st.DataObject
) -> None:
    places = st.integers(0, len(text))
    cuts = sorted(data.draw(st.lists(places, max_size=4)))
    spans = [
        SkippedSpan(a, b, "related") for a, b in zip(cuts[::2], cuts[1::2], strict=False) if a < b
    ]
    start, end = sorted((data.draw(places), data.draw(places)))
    page = body(article_html(of_text(text, *spans), (start, end), ENGLISH, whole=True))
    assert squeezed(page.text) == squeezed(without_hidden(text))
    assert squeezed("".join(page.all("mark"))) == squeezed(without_hidden(text[start:end]))
    dimmed = "".join(text[a:b] for a, b, _ in spans)
    assert squeezed("".join(page.all(".cw-dim"))) == squeezed(without_hidden(dimmed))
    if text[start:end].strip():
        assert page.attributes("id") == ["hit"]


def test_words_over_a_paragraphs_end_are_marked_in_both_and_reached_once() -> None:
    text = "One two.\n\nRelated: x\n\nThree four."
    start, end = text.index("two"), text.index(" four")
    span = SkippedSpan(text.index("Rel"), text.index(" x") + 2, "related")
    page = body(article_html(of_text(text, span), (start, end), ENGLISH, whole=True))
    assert page.all("mark") == ["two.", "Related: x", "Three"]
    assert page.all("p") == ["One two.", "Related: x", "Three four."]
    assert page.attributes("id") == ["hit"]


@pytest.mark.parametrize("hit", [(-1, 3), (3, 3), (5, 2), (0, 10**9), (10**9, 10**9 + 1)])
@pytest.mark.parametrize("whole", [True, False])
def test_offsets_out_of_the_text_mark_nothing_and_show_all(
    hit: tuple[int, int], whole: bool
) -> None:
    page = body(article_html(FERRY, hit, ENGLISH, whole=whole))
    assert page.all("mark") == [] and squeezed(page.text) == squeezed(FERRY.text)


def test_what_surrounds_the_words_is_cut_between_words_and_says_so() -> None:
    text = " ".join(f"w{n}" for n in range(2000))
    start = text.index("w1000 ")
    page = body(article_html(of_text(text), (start, start + 5), ENGLISH, whole=False))
    before, context, after = page.all("p")
    assert (before, after) == (ENGLISH.before, ENGLISH.after)
    assert page.all("mark") == ["w1000"]
    words = context.split()
    assert 100 < len(words) < 500
    assert words == [f"w{n}" for n in range(int(words[0][1:]), int(words[0][1:]) + len(words))]


@pytest.mark.parametrize(
    "text", ["x" * 5000, "x" * 2000 + " hit " + "x" * 2000, "\n" * 3000 + "hit"]
)
def test_a_text_without_words_to_cut_between_still_shows_them(text: str) -> None:
    start = max(text.find("hit"), 0)
    page = body(article_html(of_text(text), (start, start + 3), ENGLISH, whole=False))
    assert page.all("mark") == [text[start : start + 3]]


def test_what_surrounds_the_first_words_begins_with_the_article() -> None:
    page = body(article_html(FERRY, (0, 8), ENGLISH, whole=False))
    assert ENGLISH.before not in page.text and ENGLISH.after not in page.text


def test_an_article_says_what_is_not_known_of_it() -> None:
    bare = replace(FERRY, outlet=None, published=None, title=None)
    page = Shown(article_html(bare, None, GERMAN, whole=True))
    assert page.all("li") == ["Medium unbekannt, ohne Datum", "a1_ferry.txt"]
    assert page.all("h2") == []


def test_furniture_is_explained_only_where_it_is_shown() -> None:
    text = "word " * 1000
    far = of_text(text, SkippedSpan(0, 4, "caption"))
    assert ENGLISH.furniture in article_html(far, None, ENGLISH, whole=True)
    assert ENGLISH.furniture not in article_html(far, (4000, 4004), ENGLISH, whole=False)


# --- messages ----------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\u2028", "\x85", "\x0b", "\x0c"])
def test_a_message_has_no_line_end_of_any_kind(end: str) -> None:
    html = f"<div>one{end}{end}two{end} {end}three</div>"
    assert answered(html)["content"].split() == ["<div>one", "two", "three</div>"]
    assert len(answered(html)["content"].splitlines()) == 1


def rendered(markdown: str) -> str:
    gfm = MarkdownIt("commonmark", {"html": True, "breaks": True}).enable(
        ["table", "strikethrough"]
    )
    html = gfm.render(markdown)
    assert set(re.findall(r"</?(\w+)", html)) <= {"p", "br"}
    return Shown(html).text


questions = (
    st.text(alphabet=st.sampled_from("ab 1.)-+=*_`~#>|[](){}<>&!:@\\/'\"\n\t$?é"), max_size=40)
    | st.sampled_from(
        [
            "1. Who?", "12) Who?", "- Who?", "+ Who?", "= b", "Who?\n---", "Who?\n===", "* * *",
            "Who?\n\n    is it", "\tWho?", "> Who?", "# Who?", "```\nWho?\n```", "~~~\nWho?",
            "| a | b |\n|---|---|\n| c | d |", "[a](b) ![c](d) <e> &amp; &copy;", "[a]: http://b",
            "http://a.b www.a.b c@d.e", "$5 million … $10", "\\*a\\* \\\\", "**a** _b_ ~~c~~ `d`",
            "<script>alert(1)</script>", "a  \nb\\\nc", "1\\. a", "a\r- b", ":smile: {x}",
        ]
    )
    | st.text(
        alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20
    )
)  # fmt: skip


@settings(deadline=None)
@given(questions)
@example("1. Who?")
@example("Who?\n   ---")
def test_a_question_reads_as_it_was_typed_and_comes_back(question: str) -> None:
    content = asked(question)["content"]
    assert question_of(content).split() == question.split()
    assert squeezed(rendered(content)) == squeezed(question)


@settings(deadline=None)
@given(questions.map(lambda text: " ".join(text.split())))
def test_a_question_on_one_line_comes_back_to_the_letter(question: str) -> None:
    assert question_of(asked(question)["content"]) == question


def test_a_plain_question_can_be_edited_as_it_stands() -> None:
    plain = "Who won in 2024, and by how much? Was it “close”; 3.5 per cent (or so)?"
    assert asked(plain)["content"] == plain


def test_the_addresses_in_a_question_are_no_links() -> None:
    content = asked("See www.a.org, WWW.b.org, http://c.org and d@e.org")["content"]
    assert not re.search(r"(?i)www\.|http:|\w@", content)


@pytest.mark.parametrize("text", [*NASTY, 'x id="turn-0000"'])
def test_a_turn_is_told_by_what_the_page_wrote_only(text: str) -> None:
    for one in full(text):
        assert turn_of(answered(answer_html(one, TURN, ENGLISH))) == TURN
    assert turn_of(answered(fault_html(text))) is None
    assert turn_of(answered(said_html([Claim(text, (), "supported")], [], text, ENGLISH))) is None
    assert turn_of({"role": "user", "content": f'<div id="turn-{TURN}">'}) is None


@pytest.mark.parametrize("form", [str, lambda s: [{"type": "text", "text": s}]])
def test_a_message_is_read_in_either_form_of_the_chat(form: Callable[[str], Any]) -> None:
    message = {"role": "assistant", "content": form(answer_html(QUOTED, TURN, ENGLISH))}
    assert "Fourteen people" in text_of(message) and turn_of(message) == TURN


def test_what_is_no_text_in_a_message_is_passed_over() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "file", "file": {}}, "odd"]
    assert text_of({"role": "user", "content": parts}) == "a"


def test_signs_that_cannot_be_seen_are_named_in_an_article() -> None:
    text = "The Hal\u200bcyon <b>\x1b[31mstruck\u202e it."
    odd = replace(FERRY, text=text, skipped=())
    page = Shown(article_html(odd, (4, 12), ENGLISH, whole=True))
    signs = [a["title"] for _, a, _ in page.elements if a.get("class") == "cw-sign"]
    assert signs == ["U+200B", "U+001B", "U+202E"]
    assert page.all("mark") == ["Halcyon"]
    assert "The Halcyon <b>struck it." in page.text


def test_of_a_citation_whose_article_has_changed_that_is_said() -> None:
    for whole in (QUOTED, WRITTEN, replace(REFUSED, nearest=(HURT, HELM))):
        page = Shown(answer_html(whole, TURN, ENGLISH, {HELM: "changed", HURT: "gone"}))
        hurt, helm = page.all("li")[:2]
        assert HURT.quote in hurt and ENGLISH.gone_since in hurt
        assert HELM.quote in helm and ENGLISH.changed_since in helm
        assert Shown(answer_html(whole, TURN, ENGLISH)).all(".cw-since") == []


def test_a_conversation_is_shown_as_it_was() -> None:
    now = datetime(2024, 5, 3, tzinfo=UTC)
    turns = [
        KeptTurn("aa", "c", 0, replace(QUOTED, question="Who *is* it?"), now, 1, ""),
        KeptTurn("bb", "c", 1, REFUSED, now, -1, "no"),
        KeptTurn("cc", "c", 2, REFUSED, now, 0, ""),
    ]
    messages = of_turns(turns, ENGLISH)
    assert [m["role"] for m in messages] == ["user", "assistant"] * 3
    assert [turn_of(m) for m in messages] == [None, "aa", None, "bb", None, "cc"]
    assert question_of(messages[0]["content"]) == "Who *is* it?"
    assert thumbs_of(turns) == ["Like", "Dislike", None]
