from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from rag.engine import Engine
from rag.errors import NotFound, SettingsError
from rag.reading import fold
from rag.types import Answer, Citation, Claim, Disagreement, Dropped, Side
from tests.eval_factory import answer, article, cite, claim, quoted
from ui.export import as_json, as_markdown, as_page, claim_text, file_name
from ui.export_words import clean
from ui.render import answer_json

FERRY = article(article_id="a1")
COAST = replace(article(article_id="a2", outlet="Coast Weekly"), title="A second look")
HURT, HELM, RUDDER = (cite(n, n - 1, FERRY) for n in (1, 2, 3))
ARABIC = "قال القبطان إن 14 شخصا أصيبوا (Halcyon) يوم الخميس."
ISOLATES = str.maketrans("", "", "\u2068\u2069")
FORMATS: list[Callable[[list[Answer], str], str]] = [as_markdown, as_page]

QUOTED = replace(answer([quoted(HURT)], [HURT]), question="How many were hurt?")
WRITTEN = replace(
    answer(
        [
            claim("Fourteen people were hurt; Brandt was at the helm.", 1, 2),
            claim("The ferry was late.", support="unsupported"),
        ],
        [HURT, HELM],
    ),
    question="Who was at the helm?",
    writer="model",
    model="llama3.1:8b",
    dropped=(Dropped("The master resigned.", ("the master", "resigned")),),
)
REFUSED = replace(
    answer([], []), question="How long is the pier?", reason="Not said.", nearest=(RUDDER,)
)
DIFFERING = replace(
    answer([], [HURT, replace(cite(2, 1, COAST), quote="Fifteen were hurt.")]),
    question="How many?",
    status="disagreement",
    disagreements=(
        Disagreement("the number", (Side("Fourteen were.", (1,)), Side("Fifteen were.", (2,)))),
    ),
)
EVERY_STATE = [QUOTED, WRITTEN, REFUSED, DIFFERING]


class Page(HTMLParser):
    """What a browser makes of a page: its tags, its body's text, and what is left open."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "body" in self.open:
            self.text += data

    def having(self, attribute: str) -> list[str]:
        return [a[attribute] or "" for _, a in self.tags if attribute in a]


def shown(text: str) -> str:
    """An export as a reader sees it, in either format, on one line."""
    if text.startswith("<"):
        return " ".join(Page(text).text.split())
    return " ".join(inline(rendered(text)).split())


def rendered(text: str) -> list[Token]:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)


def inline(tokens: list[Token]) -> str:
    lines = [t.children or [] for t in tokens if t.type == "inline"]
    return "\n".join("".join(c.content for c in line) for line in lines).translate(ISOLATES)


# --- what is told --------------------------------------------------------------------------


@pytest.mark.parametrize("export", FORMATS)
@pytest.mark.parametrize(
    ("one", "says"),
    [
        (QUOTED, "Harbour Post, 3 May 2024 [1] “Fourteen people were hurt when"),
        (QUOTED, "Quoted from the articles, word for word."),
        (WRITTEN, "Fourteen people were hurt; Brandt was at the helm. [1] [2]"),
        (WRITTEN, "The ferry was late. (not carried by the articles)"),
        (WRITTEN, "“The master resigned.” The articles do not carry the master, resigned."),
        (WRITTEN, "Written by llama3.1:8b."),
        (replace(QUOTED, model="gpt-4o"), "word for word. A model was asked: gpt-4o."),
        (replace(REFUSED, model="gpt-4o"), "A model was asked: gpt-4o."),
        (REFUSED, "Not said. The nearest sentences, which do not answer it"),
        (REFUSED, "“The operator had not overhauled the rudder.”"),
        (replace(REFUSED, reason=None), "The articles do not say."),
        (DIFFERING, "The sources differ: the number"),
        (replace(QUOTED, standalone="How many of them?"), "Understood as: How many of them?"),
        (replace(QUOTED, as_of=date(2024, 6, 1)), "As of 1 June 2024: only what was published"),
        (replace(QUOTED, notes=("It failed. What follows is quoted.",)), "It failed. What"),
        (replace(QUOTED, fault="The model is gone."), "The model is gone."),
    ],
)
def test_every_state_of_an_answer_is_told(
    export: Callable[[list[Answer], str], str], one: Answer, says: str
) -> None:
    assert says in shown(export([one], "Title"))


@pytest.mark.parametrize("export", FORMATS)
def test_a_fault_that_a_note_tells_is_told_once(
    export: Callable[[list[Answer], str], str],
) -> None:
    one = replace(QUOTED, fault="The model is gone.", notes=("The model is gone. Quoted.",))
    assert shown(export([one], "Title")).count("The model is gone.") == 1


@pytest.mark.parametrize("export", FORMATS)
def test_the_sides_of_a_disagreement_stand_under_their_outlets(
    export: Callable[[list[Answer], str], str],
) -> None:
    text = re.sub("2024:", "2024", shown(export([DIFFERING], "Title")))
    assert "Harbour Post, 3 May 2024 Fourteen were. [1]" in text
    assert "Coast Weekly, 3 May 2024 Fifteen were. [2]" in text


@pytest.mark.parametrize("export", FORMATS)
def test_what_is_nearest_has_no_number_and_is_no_source(
    export: Callable[[list[Answer], str], str],
) -> None:
    text = shown(export([REFUSED], "Title"))
    assert "[" not in text and "Sources" not in text


@pytest.mark.parametrize("export", FORMATS)
def test_what_is_not_known_of_an_article_is_said_or_left_out(
    export: Callable[[list[Answer], str], str],
) -> None:
    bare = replace(HURT, outlet=None, title=None, published=None)
    text = shown(export([answer([claim("Some were hurt.", 1)], [bare])], "Title"))
    assert text.count("Unknown outlet (a1_ferry.txt), undated") == 1
    assert text.count("a1_ferry.txt") == 1 and "None" not in text


@pytest.mark.parametrize("export", FORMATS)
def test_a_claim_that_only_looks_like_a_quotation_is_told_in_its_own_words(
    export: Callable[[list[Answer], str], str],
) -> None:
    other = claim("Harbour Post, 3 May 2024: “Nobody was hurt.”", 1, support="verbatim")
    assert "“Nobody was hurt.” [1]" in shown(export([answer([other], [HURT])], "Title"))


@pytest.mark.parametrize("export", FORMATS)
def test_no_answers_and_no_title_still_make_a_document(
    export: Callable[[list[Answer], str], str],
) -> None:
    text = shown(export([], " \u202e "))
    assert text.startswith("Answers from the articles There are no answers yet.")


def test_a_single_question_that_is_the_title_heads_the_export_once() -> None:
    assert as_markdown([QUOTED], QUOTED.question).count(QUOTED.question) == 1
    page = Page(as_page([WRITTEN], WRITTEN.question))
    assert page.text.count(WRITTEN.question) == 1


# --- numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize("export", FORMATS)
def test_sources_are_numbered_through_and_a_sentence_has_one_number(
    export: Callable[[list[Answer], str], str],
) -> None:
    second = answer([claim("Brandt was.", 1), claim("Fourteen.", 2)], [cite(1, 1, FERRY), HURT])
    second = replace(second, citations=(second.citations[0], replace(HURT, n=2)))
    text = shown(export([QUOTED, second], "Title"))
    assert "Brandt was. [2]" in text and "Fourteen. [1]" in text
    sources = text.split("Sources")[1]
    assert re.findall(r"\[\d+\]", sources) == ["[1]", "[2]"]
    assert sources.count("Ferry strikes pier") == 1


@pytest.mark.parametrize("export", FORMATS)
def test_sources_stand_with_their_article(export: Callable[[list[Answer], str], str]) -> None:
    cited = [HURT, cite(2, 0, COAST), replace(HELM, n=3)]
    sources = shown(export([answer([quoted(c) for c in cited], cited)], "T")).split("Sources")[1]
    order = ["Ferry strikes pier", "[1]", "[3]", "A second look", "[2]"]
    assert sorted(order, key=sources.index) == order


@pytest.mark.parametrize("export", FORMATS)
def test_an_article_ingested_anew_between_two_answers_gives_two_sources(
    export: Callable[[list[Answer], str], str],
) -> None:
    changed = replace(HURT, quote=HURT.quote.replace("Fourteen", "Sixteen"))
    told = [answer([claim("So it says.", 1)], [c]) for c in (HURT, changed)]
    text = shown(export(told, "Title"))
    assert "[1] “Fourteen people" in text and "[2] “Sixteen people" in text


def test_an_unsupported_claim_has_no_number_whatever_it_points_at() -> None:
    one = answer([claim("It sank.", 1, support="unsupported")], [HURT])
    assert "It sank. (not carried by the articles)" in shown(as_page([one], "Title"))


# --- the short answer ----------------------------------------------------------------------


def marked(quote: str, first: int, last: int) -> Citation:
    return replace(
        HURT, quote=quote, start=100, answer_start=100 + first, answer_end=100 + last, end=200
    )


def marks(citation: Citation) -> list[str]:
    page = as_page([answer([claim("So it is.", 1)], [citation])], "Title")
    return re.findall("<mark>(.*?)</mark>", page)


def test_the_short_answer_is_set_apart_within_the_quotation() -> None:
    one = marked("It was Ilya   Brandt at the helm.", 7, 20)
    assert marks(one) == ["Ilya Brandt"]
    assert "It was **Ilya Brandt** at" in as_markdown([answer([claim("So.", 1)], [one])], "T")


def test_of_two_same_words_the_ones_that_answer_are_set_apart() -> None:
    page = as_page([answer([claim("So.", 1)], [marked("   \n  one and one", 6, 9)])], "T")
    assert "“<mark>one</mark> and one”" in page


@pytest.mark.parametrize(("first", "last"), [(-40, 3), (3, 3), (5, 2), (0, 99)])
def test_a_short_answer_outside_its_quotation_is_not_set_apart(first: int, last: int) -> None:
    assert marks(marked("It was Brandt.", first, last)) == []


def test_a_sentence_that_answers_two_questions_is_marked_under_each_and_not_below() -> None:
    one, two = (marked(HURT.quote, first, last) for first, last in ((0, 8), (31, 40)))
    page = as_page([answer([quoted(c)], [c]) for c in (one, two)], "Title")
    assert re.findall("<mark>(.*?)</mark>", page) == ["Fourteen", "the ferry"]


@pytest.mark.parametrize(
    ("quote", "first", "last", "written"),
    [
        ("x(y)z", 1, 4, "“x(y)z”"),
        ("costs $5m", 6, 9, r"“costs **\$5m**”"),
        ("了『二』人", 1, 4, "“了『二』人”"),
        ("Brandt.", 0, 6, "“**Brandt**.”"),
        ("x&lt;y", 2, 5, r"“x\&lt;y”"),
    ],
)
def test_bold_stands_only_where_every_renderer_reads_it(
    quote: str, first: int, last: int, written: str
) -> None:
    text = as_markdown([answer([claim("So.", 1)], [marked(quote, first, last)])], "T")
    assert written in text
    assert f"“{quote}”" in inline(rendered(text))


# --- others' words -------------------------------------------------------------------------

HOSTILE = [
    "<script>alert('x')</script> <img src=x onerror=y>",
    "[click](javascript:x) ![pic](http://evil.example/x.png) [a]: http://b.example",
    "# no heading\n\n- no list\n1. none\n\n    no code\n```\nfence\n```",
    "1) none",
    "+ none | a |\n|---|---|\n===\n---",
    "> no quote &lt;b&gt; &#60; AT&T; \\ \\* **bold** __u__ ~~s~~ `c` $x$ #",
    "http://evil.example www.evil.example someone@evil.example",
    "\u202egnp.exe\u2066 \x00\x07\x1b[31m\x85 \u2028 after",
    "שלום (1) [2]!",
    "\udc80 half a pair",
]
TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(
        st.sampled_from(
            "\\`*_[]<>(){}#+-=!|~&;:.@$^%\"'/ \n\t09aZé（\u00d7€\u05e9\u200f\u202e\u2067"
        ),
        max_size=24,
    ),
    st.text(max_size=24),
).filter(lambda text: bool(clean(fold(text))))


def saying(text: str, first: int = 0, last: int = 0) -> list[Answer]:
    """Answers in every state, all of whose words are these."""
    one = replace(
        HURT,
        quote=text,
        start=0,
        end=len(text),
        outlet=text,
        title=text,
        source=f"/n/{text.replace('/', '')}.txt",
    )
    if first < last <= len(text):
        one = replace(one, answer_start=first, answer_end=last)
    shared = answer([claim(text, 1)], [one])
    whole = replace(
        shared,
        question=f"{text}?",
        standalone=text,
        notes=(text,),
        writer="model",
        model=text,
        dropped=(Dropped(text, (text, text)),),
        disagreements=(Disagreement(text, (Side(text, (1,)), Side(text, ()))),),
    )
    refused = replace(answer([], []), question=f"{text}?", reason=text, nearest=(one,))
    return [whole, refused, replace(whole, claims=(Claim(text, (), "unsupported"),))]


def skeleton(tokens: list[Token]) -> list[str]:
    """The structure of a Markdown document, bold aside."""
    kinds: list[str] = []
    for token in tokens:
        kinds.append(token.type)
        kinds += [c.type for c in token.children or [] if c.type not in ("text", "text_special")]
    return [kind for kind in kinds if not kind.startswith("strong_")]


@settings(deadline=None)
@given(TEXTS, st.integers(0, 24), st.integers(0, 24))
def test_no_text_is_markup_in_markdown_and_each_is_shown_whole(
    text: str, first: int, last: int
) -> None:
    tokens = rendered(as_markdown(saying(text, first, last), text))
    assert skeleton(tokens) == skeleton(rendered(as_markdown(saying("word"), "word")))
    lines = inline(tokens).splitlines()
    words, folded = clean(text), clean(fold(text))
    assert lines[0] == words and lines[1] == clean(f"{text}?")
    assert f"Understood as: {words}" in lines and f"Note: {words}" in lines
    assert f"{words} [1]" in lines and f"{words} (not carried by the articles)" in lines
    assert f"“{words}” The articles do not carry {words}, {words}." in lines
    assert f"[1] “{folded}” (characters 0–{len(text)})" in lines


@settings(deadline=None)
@given(TEXTS, st.integers(0, 24), st.integers(0, 24))
def test_no_text_is_markup_in_the_page_and_each_is_shown_whole(
    text: str, first: int, last: int
) -> None:
    def tags(page: Page) -> list[str]:
        return [tag for tag, _ in page.tags if tag != "mark"]

    page = Page(as_page(saying(text, first, last), text))
    assert tags(page) == tags(Page(as_page(saying("word"), "word")))
    assert page.text.count(clean(text)) >= 8 and f"“{clean(fold(text))}”" in page.text


@settings(deadline=None)
@given(TEXTS)
def test_nothing_that_overrides_a_direction_or_is_a_control_is_taken_away(text: str) -> None:
    told = saying(text)
    exports = [as_markdown(told, text), as_page(told, text), claim_text(told[0], 0)]
    for export in exports:
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066\u2067]", export)
        assert export.count("\u2068") == export.count("\u2069")
        export.encode()
    as_json(told, text).encode()


@pytest.mark.parametrize(
    "address", ["http://a.example/x", "www.a.example", "//a.example", "a@b.example"]
)
def test_an_address_in_an_article_is_escaped_so_that_nothing_makes_a_link_of_it(
    address: str,
) -> None:
    text = as_markdown([answer([claim(f"See {address} now.", 1)], [HURT])], "Title")
    assert address not in text
    assert f"See {address} now. [1]" in inline(rendered(text))


def test_right_to_left_text_is_isolated_where_no_markup_can_do_it() -> None:
    one = replace(HURT, quote=ARABIC, outlet="الجزيرة", title=None)
    told = [answer([claim("So it says.", 1)], [one])]
    assert f"“\u2068{ARABIC}\u2069”" in as_markdown(told, "Title")
    assert f"\u2068الجزيرة\u2069, 3 May 2024: “\u2068{ARABIC}\u2069”" in claim_text(told[0], 0)
    assert "\u2068" not in as_markdown([QUOTED], "Title")
    page = as_page(told, "Title")
    assert f'<blockquote dir="auto">“{ARABIC}”</blockquote>' in page
    assert "<bdi>الجزيرة</bdi>, <span>3 May 2024</span>" in page


# --- the page ------------------------------------------------------------------------------


def test_the_page_asks_for_nothing_from_outside_and_runs_nothing() -> None:
    source = as_page(EVERY_STATE, "Title")
    page = Page(source)
    assert "//" not in source and "@import" not in source and "url(" not in source
    assert not {"script", "img", "link", "iframe"} & {tag for tag, _ in page.tags}
    assert page.having("src") == [] and page.having("style") == []
    policy = next(a["content"] for _, a in page.tags if a.get("http-equiv"))
    assert policy is not None and policy.startswith("default-src 'none';")


def test_every_marker_of_the_page_leads_to_its_source() -> None:
    page = Page(as_page(EVERY_STATE, "Title"))
    ids = page.having("id")
    assert len(ids) == len(set(ids))
    assert {h[1:] for h in page.having("href")} == {i for i in ids if i.startswith("source-")}
    assert {"source-1", "source-2", "source-3"} <= set(ids)
    assert set(page.having("aria-labelledby")) <= set(ids)


@pytest.mark.parametrize("title", ["Title", WRITTEN.question])
def test_no_level_of_heading_is_skipped(title: str) -> None:
    told = EVERY_STATE if title == "Title" else [WRITTEN]
    tags = [tag for tag, _ in Page(as_page(told, title)).tags]
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_page_is_for_the_eye_at_night_and_for_paper() -> None:
    source = as_page([QUOTED], "Title")
    assert "prefers-color-scheme: dark" in source and "@page { margin" in source
    paper = source.split("@media print")[1]
    assert "break-after: avoid" in paper and "--paper: #fff; " in paper and "--ink: #000" in paper


def test_the_language_is_the_articles_and_our_own_labels_say_they_are_english() -> None:
    page = as_page([REFUSED], "Title", language="pt-BR")
    assert '<html lang="pt-BR">' in page
    assert '<h3 lang="en">The nearest sentences' in page
    assert 'lang="en"' not in as_page([REFUSED], "Title").replace('<html lang="en">', "")


@pytest.mark.parametrize("language", ["", "e", 'en" onload="x', "en_GB", "en-"])
def test_what_is_no_language_is_refused_in_one_line(language: str) -> None:
    with pytest.raises(SettingsError, match="is not a language") as caught:
        as_page([QUOTED], "Title", language=language)
    assert "\n" not in str(caught.value)


# --- JSON, one claim, names ----------------------------------------------------------------


def test_the_json_has_the_answers_to_the_letter() -> None:
    odd = replace(
        QUOTED, question="\u202eodd\u2028 \x00 \U0001f6a2 الجزيرة", as_of=date(2024, 5, 4)
    )
    text = as_json([odd, WRITTEN], "\u2067t")
    read = json.loads(text)
    assert list(read) == ["title", "exported_with", "version", "answers"]
    assert read["title"] == "\u2067t" and read["exported_with"] == "citewire" and read["version"]
    plain = json.dumps([answer_json(a) for a in (odd, WRITTEN)], default=str)
    assert read["answers"] == json.loads(plain)
    assert "الجزيرة" in text and not re.search("[\u2028\u202e\u2067]", text)


def test_half_a_surrogate_pair_can_be_written_down_in_json() -> None:
    text = as_json([replace(QUOTED, question="\udc80")], "Title")
    assert json.loads(text.encode())["answers"][0]["question"] == "\udc80"


def test_a_claim_of_a_model_is_copied_with_each_sentence_it_rests_on() -> None:
    assert claim_text(WRITTEN, 0) == (
        "Fourteen people were hurt; Brandt was at the helm.\n\n"
        f"Harbour Post, 3 May 2024: “{HURT.quote}”\nFerry strikes pier (a1_ferry.txt)\n\n"
        f"Harbour Post, 3 May 2024: “{HELM.quote}”\nFerry strikes pier (a1_ferry.txt)"
    )


def test_a_quotation_is_copied_once() -> None:
    assert claim_text(QUOTED, 0) == (
        f"Harbour Post, 3 May 2024: “{HURT.quote}”\nFerry strikes pier (a1_ferry.txt)"
    )


def test_a_claim_without_a_source_says_so_when_copied() -> None:
    assert claim_text(WRITTEN, 1) == "The ferry was late. (not carried by the articles)"


def test_a_claim_of_an_article_without_outlet_or_title_names_its_file_once() -> None:
    bare = replace(HURT, outlet=None, title=None, published=None)
    text = claim_text(answer([claim("Some were.", 1)], [bare]), 0)
    assert text == f"Some were.\n\nUnknown outlet (a1_ferry.txt), undated: “{HURT.quote}”"


@pytest.mark.parametrize("n", [-1, 2])
def test_a_claim_that_is_not_there_is_refused_in_one_line(n: int) -> None:
    with pytest.raises(NotFound, match=rf"no claim {n}; it has 2"):
        claim_text(WRITTEN, n)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Who was at the helm?", "Who-was-at-the-helm.md"),
        ("../../etc/passwd", "etc-passwd.md"),
        ("C:\\x\x00\u202e.exe", "C-x-exe.md"),
        ("con", "answers-con.md"),
        ("LPT¹", "answers-LPT1.md"),
        ("", "answers.md"),
        ("غزة", "answers.md"),
        ("Straße nach Łódź’s", "Strasse-nach-Lodzs.md"),
        ("word " * 30, "-".join(["word"] * 12) + ".md"),
        ("a" * 99, "a" * 60 + ".md"),
    ],
)
def test_a_file_name_is_short_and_plain(title: str, name: str) -> None:
    assert file_name(title, ".md") == name


@given(st.text(), st.text())
def test_every_file_name_is_safe(title: str, suffix: str) -> None:
    name = file_name(title, suffix)
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*(\.[A-Za-z0-9]{1,8})?", name)
    assert len(name) <= 70 and Path(name).name == name


# --- the whole way -------------------------------------------------------------------------


@pytest.mark.parametrize("export", FORMATS)
def test_real_answers_are_exported_with_every_word_they_rest_on(
    engine: Engine, export: Callable[[list[Answer], str], str]
) -> None:
    asked = ("Who was put in charge of the secret talks?", "How long is the tunnel?")
    told = [engine.ask(question) for question in asked]
    text = shown(export(told, "A conversation"))
    for citation in (c for one in told for c in (*one.citations, *one.nearest)):
        assert f"“{fold(citation.quote)}”" in text
