"""What the evidence reader is given: a question and a window of an article, as token ids.

`[CLS] question [SEP] title [SEP] sentence sentence … [SEP]`; training and use share it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

from rag.reading import fold
from rag.types import Article

__all__ = [
    "MAX_TOKENS",
    "QUESTION_TOKENS",
    "Packed",
    "TokenisedSentence",
    "pack",
    "title_line",
    "tokenise",
]

MAX_TOKENS = 256
_TITLE_TOKENS, _SENTENCE_TOKENS = 32, 128
QUESTION_TOKENS = 48
"""Of a question; what is past them is not read."""
_CLS, _SEP = 101, 102


@dataclass(frozen=True, slots=True)
class TokenisedSentence:
    """A sentence's token ids, and where each token stands in its text."""

    ids: tuple[int, ...]
    offsets: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Packed:
    """A window ready for the model; all of the same length."""

    ids: tuple[int, ...]
    types: tuple[int, ...]
    """0 for the question, 1 for the article."""
    owners: tuple[int, ...]
    """The sentence a token belongs to, -1 for none."""
    offsets: tuple[tuple[int, int], ...]
    """Where the token stands in its sentence, as first character and end."""


def tokenise(tokenizer: Tokenizer, texts: Sequence[str]) -> list[TokenisedSentence]:
    """Tokens of texts; what is past 128 tokens of one is not read."""
    return [
        TokenisedSentence(tuple(e.ids[:_SENTENCE_TOKENS]), tuple(e.offsets[:_SENTENCE_TOKENS]))
        for e in tokenizer.encode_batch(list(texts), add_special_tokens=False)
    ]


def pack(
    question: TokenisedSentence,
    title: TokenisedSentence,
    sentences: Sequence[TokenisedSentence],
    most: int = QUESTION_TOKENS,
) -> Packed:
    """Put a window together; sentences past 256 tokens are left out, at least one is kept.

    Args:
        question: or claim, of which `most` tokens are read.
        title: of the article.
        sentences: of it, in order.
        most: at most 92, so that there is room for a sentence.
    """
    head = [_CLS, *question.ids[:most], _SEP]
    types, ids = [0] * len(head), list(head)
    if title.ids:
        ids += [*title.ids[:_TITLE_TOKENS], _SEP]
    owners = [-1] * len(ids)
    offsets = [(0, 0)] * len(ids)
    for n, sentence in enumerate(sentences):
        if n and len(ids) + len(sentence.ids) >= MAX_TOKENS:
            break
        ids += sentence.ids
        owners += [n] * len(sentence.ids)
        offsets += sentence.offsets
    ids.append(_SEP)
    owners.append(-1)
    offsets.append((0, 0))
    types += [1] * (len(ids) - len(types))
    return Packed(tuple(ids), tuple(types), tuple(owners), tuple(offsets))


def title_line(article: Article) -> str:
    """What the reader is told of an article besides its text: title, and year where known."""
    title = fold(article.title) if article.title else ""
    return f"{title} ({article.published.year})" if article.published else title
