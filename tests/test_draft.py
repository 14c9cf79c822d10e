"""Taking a model's answer apart: the same sentences, wherever the stream is cut."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.draft import Drafted, DraftSentence, ThoughtAloud


def parts(*pieces: str) -> list[DraftSentence]:
    """What comes of an answer that arrives in these pieces."""
    draft = Drafted()
    found: list[DraftSentence] = []
    for one in chain(chain.from_iterable(map(draft.feed, pieces)), draft.end()):
        if isinstance(one, ThoughtAloud):
            found = []
        else:
            found.append(one)
    return found


DRAFTS: dict[str, tuple[str, list[tuple[str, tuple[int, ...]]]]] = {
    "marks before the stop": (
        "They met [1]. They left [2].",
        [("They met.", (1,)), ("They left.", (2,))],
    ),
    "marks after the stop": (
        "They met.[1] They left. [2] They slept.",
        [("They met.", (1,)), ("They left.", (2,)), ("They slept.", ())],
    ),
    "several marks": (
        "They met [1][2]. They left [3] [1].",
        [("They met.", (1, 2)), ("They left.", (3, 1))],
    ),
    "marks with several numbers": ("They met [1, 2; 7].", [("They met.", (1, 2, 7))]),
    "a range": (
        "They met [1-3]. They left [4–6].",
        [("They met.", (1, 2, 3)), ("They left.", (4, 5, 6))],
    ),
    "a range that runs backwards": ("They met [5-3].", [("They met.", (5,))]),
    "a range without end": ("They met [1-9000].", [("They met.", (1,))]),
    "the same number twice": ("They met [2], and left [2].", [("They met, and left.", (2,))]),
    "Asian brackets": (
        "They met 【1】. They left【2†source】.",
        [("They met.", (1,)), ("They left.", (2,))],
    ),
    "a mark in the middle": ("They met [1], then left [2].", [("They met, then left.", (1, 2))]),
    "spaces in a mark": ("They met [ 1 ].", [("They met.", (1,))]),
    "no marks": ("They met. They left.", [("They met.", ()), ("They left.", ())]),
    "no stop": ("They met [1]", [("They met", (1,))]),
    "lines": ("They met [1]\n\nThey left [2]\n", [("They met", (1,)), ("They left", (2,))]),
    "Windows' lines": (
        "They met [1]\r\nThey left [2]\r\n",
        [("They met", (1,)), ("They left", (2,))],
    ),
    "a mark instead of a stop": (
        "They met [1] They left [2]",
        [("They met", (1,)), ("They left", (2,))],
    ),
    "marks on the next line": (
        "They met.\n[1] They left [2].",
        [("They met.", ()), ("They left.", (2,))],
    ),
    "a list": ("- They met [1].\n- They left [2].", [("They met.", (1,)), ("They left.", (2,))]),
    "a list with stars": (
        "* They met [1]\n• They left [2]",
        [("They met", (1,)), ("They left", (2,))],
    ),
    "a list with numbers": (
        "1. They met [1].\n2. They left [2].",
        [("They met.", (1,)), ("They left.", (2,))],
    ),
    "a list with brackets": ("1) They met [1].", [("They met.", (1,))]),
    "bold": ("**They met** [1]. **They left.** [2]", [("They met.", (1,)), ("They left.", (2,))]),
    "code and headings": (
        "## They met\n`They` left [2].",
        [("They met", ()), ("They left.", (2,))],
    ),
    "a title": (
        "Mr. Xu met Gen. Ali [1]. Dr. Li left [2].",
        [("Mr. Xu met Gen. Ali.", (1,)), ("Dr. Li left.", (2,))],
    ),
    "initials": (
        "George W. Bush met J. K. Smith [1].",
        [("George W. Bush met J. K. Smith.", (1,))],
    ),
    "a rank before a rank": ("Maj. Gen. Li left [1].", [("Maj. Gen. Li left.", (1,))]),
    "a country in letters": (
        "U.S. officials met the U.N. Security Council [1].",
        [("U.S. officials met the U.N. Security Council.", (1,))],
    ),
    "a number's sign": ("He was No. 3 on the list [1].", [("He was No. 3 on the list.", (1,))]),
    "a month cut short": ("They met on Feb. 12 [1].", [("They met on Feb. 12.", (1,))]),
    "an hour": ("They met at 5 p.m. Tuesday [1].", [("They met at 5 p.m. Tuesday.", (1,))]),
    "decimals": (
        "It rose by 3.5 percent [1]. It cost $1.2 million [2].",
        [("It rose by 3.5 percent.", (1,)), ("It cost $1.2 million.", (2,))],
    ),
    "a sentence that begins with a number": (
        "They met [1]. 24 died [2].",
        [("They met.", (1,)), ("24 died.", (2,))],
    ),
    "a sentence that begins with an accent": (
        "They met [1]. Émile left [2].",
        [("They met.", (1,)), ("Émile left.", (2,))],
    ),
    "a quotation at the end": (
        'He said: “We met.” [1] She said: "We left." [2]',
        [("He said: “We met.”", (1,)), ('She said: "We left."', (2,))],
    ),
    "a quotation with the mark inside": (
        "He said “We met [1].” She left [2].",
        [("He said “We met.”", (1,)), ("She left.", (2,))],
    ),
    "a quotation that begins a sentence": (
        "They met [1]. “We left,” she said [2].",
        [("They met.", (1,)), ("“We left,” she said.", (2,))],
    ),
    "a question": ("Did they meet? They did [1]!", [("Did they meet?", ()), ("They did!", (1,))]),
    "a thought": ("<think>They met. Did they?</think>They left [1].", [("They left.", (1,))]),
    "a thought in other words": (
        "<Thinking>So. So.\n</Thinking>\nThey left [1].",
        [("They left.", (1,))],
    ),
    "a thought without end": ("<think>They met. They left [1].", []),
    "a thought at the end": ("They met [1]. <think>So. They did.", [("They met.", (1,))]),
    "a thought that a chat template opened": (
        "They met. Or did they? [1]\nSo.</think>\n\nThey left [2].",
        [("They left.", (2,))],
    ),
    "a thought in between": (
        "They met [1]. <think>So. They\ndid.</think> They left [2].",
        [("They met.", (1,)), ("They left.", (2,))],
    ),
    "no thought but a sign": (
        "1 < 2 and 3 > 2 [1]. They met [2].",
        [("1 < 2 and 3 > 2.", (1,)), ("They met.", (2,))],
    ),
    "only marks": ("[1]", []),
    "marks and signs": ("- [1][2].\n **\n … \n", []),
    "nothing": ("", []),
    "blanks": (" \n\n \t", []),
}


@pytest.mark.parametrize(("text", "sentences"), DRAFTS.values(), ids=DRAFTS)
def test_sentences_and_their_numbers_are_told_apart(
    text: str, sentences: list[tuple[str, tuple[int, ...]]]
) -> None:
    assert [tuple(one) for one in parts(text)] == sentences


@pytest.mark.parametrize("text", [text for text, _ in DRAFTS.values()], ids=DRAFTS)
def test_a_text_cut_anywhere_gives_the_same_sentences(text: str) -> None:
    whole = parts(text)
    assert parts(*text) == whole
    for at in range(len(text)):
        assert parts(text[:at], text[at:]) == whole, text[:at]


FRAGMENTS = st.sampled_from(
    ["They met", " ", ".", "\n", "[1]", "[2, 3]", "【4】", "Mr.", "“", "”", "“We left.”", "3.5",
     "No.", "**", "- ", "<think>", "</think>", "?", "1.", "U.S.", "A", "é", "É", "(", ")", "<", "[",
     "]", "'"]
)  # fmt: skip


@given(st.lists(FRAGMENTS, max_size=14))
def test_any_pieces_give_the_same_sentences_as_the_whole(pieces: list[str]) -> None:
    whole = "".join(pieces)
    assert parts(*pieces) == parts(whole) == parts(*whole)


@given(st.lists(FRAGMENTS, max_size=14))
def test_no_word_is_lost_and_none_is_made_up(pieces: list[str]) -> None:
    words = "".join(pieces)
    if "think" in words:
        return
    given_ = "".join(one.text for one in parts(*pieces)).replace(" ", "")
    for word in ("met", "left", "Mr", "U.S", "3.5"):
        assert given_.count(word) == words.count(word)


@pytest.mark.parametrize(
    ("text", "next_"), [("They met [1].\n", ""), ("They met [1]", "\n"), ("They met. [1] ", "T")]
)
def test_a_sentence_is_given_as_soon_as_it_is_certain_to_have_ended(text: str, next_: str) -> None:
    draft = Drafted()
    before = list(draft.feed(text))
    (sentence,) = before or list(draft.feed(next_))
    assert isinstance(sentence, DraftSentence) and sentence.numbers == (1,)
    assert sentence.text.startswith("They met")
    assert bool(before) == (next_ == "")


def test_a_sentence_is_not_given_before_its_marks_may_have_come() -> None:
    draft = Drafted()
    assert list(draft.feed("They met.")) == []
    assert list(draft.feed(" ")) == []
    assert list(draft.feed("[1")) == []
    assert list(draft.feed("]")) == []
    assert list(draft.feed(" S")) == [DraftSentence("They met.", (1,))]
    assert list(draft.end()) == [DraftSentence("S", ())]


def test_nothing_is_left_after_the_end() -> None:
    draft = Drafted()
    assert list(draft.feed("They met")) == []
    assert len(list(draft.end())) == 1
    assert list(draft.end()) == []


def test_a_long_answer_is_taken_apart_quickly() -> None:
    import time

    began = time.perf_counter()
    assert len(parts(*(f"They met for the {n}th time [1].\n" for n in range(2000)))) == 2000
    parts("They met " * 20_000, "[1]" * 3000)
    assert time.perf_counter() - began < 5
