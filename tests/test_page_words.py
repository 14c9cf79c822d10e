"""What the page says, in each of its languages."""

from __future__ import annotations

from dataclasses import asdict
from string import Formatter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ui.chat.words import ENGLISH, GERMAN, LANGUAGES, Words, translations, words_for

OTHERS = [words for words in LANGUAGES.values() if words is not ENGLISH]
NAMES = list(asdict(ENGLISH))
ALIKE = {"day_hint"}
"""Said the same way in every language."""


def filled_in(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_word_is_there_and_has_the_same_fields(words: Words, name: str) -> None:
    text = getattr(words, name)
    assert text == text.strip() != ""
    assert filled_in(text) == filled_in(getattr(ENGLISH, name))


@pytest.mark.parametrize("words", OTHERS, ids=lambda words: words.language)
def test_no_word_was_left_in_english(words: Words) -> None:
    """What is missing in a language would silently be the English word."""
    left = {name for name in NAMES if getattr(words, name) == getattr(ENGLISH, name)}
    same_word = {name for name in left if len(getattr(words, name).split()) == 1}
    assert left - same_word <= ALIKE


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_the_key_of_a_language_is_its_own_name(words: Words) -> None:
    assert LANGUAGES[words.language] is words
    assert translations()[words.language] == asdict(words)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("de", "de"),
        ("DE-at", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en;q=0.5,de;q=0.6", "de"),
        ("en;q=0.6, de;q=0.5", "en"),
        ("en; q=0.5, de; q=0.6", "de"),
        ("en;Q=0.5, de;Q=0.6", "de"),
        ("fr, de;q=0.1", "de"),
        ("fr,es", "en"),
        ("*", "en"),
        ("de;q=0", "en"),
        ("de;q=0, en;q=0.1", "en"),
        ("de;q=often, fr", "en"),
        ("de;q=", "de"),
        (";;;,,,q=1", "en"),
        ("den, deu", "en"),
        ("\N{SNOWMAN}, de", "de"),
        (",".join(["xx"] * 20 + ["de"]), "en"),
    ],
)
def test_the_language_is_the_first_one_known(header: str | None, language: str) -> None:
    assert words_for(header).language == language


@settings(deadline=None)
@given(st.text(alphabet="de-n*;q=.,0123456789 naif", max_size=60))
def test_no_header_breaks_it(header: str) -> None:
    assert words_for(header) in (ENGLISH, GERMAN)
