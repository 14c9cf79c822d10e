"""Claims about sentences, written by hand, and drafts that hostile or careless models write."""

from __future__ import annotations

import random
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from ingest.pipeline import ingest
from rag.draft import DraftSentence
from rag.library import Library
from rag.names import find_names
from rag.numbers import find_numbers
from rag.reading import fold
from rag.settings import Settings
from rag.types import Evidence

__all__ = ["Pair", "Trial", "drafts", "evidence_of", "pairs_of"]

SHOWN = 40
"""Sentences shown beside a claim: about as many as a model is shown."""
_ROOT = Path(__file__).parent.parent.parent
_ANY = re.compile(r"\bnot |\bno |n['’]t\b|\bnever ")
_VERB = re.compile(
    r"\b(was|were|is|are|has|have|had|will|would|could|can|did|does|do|should|may|might)\b(?! not)"
)
_WORDS = ("four", "nineteen", "thirty-one", "eighty", "six hundred")
_INVENTED = (
    "“we shall never accept a deal of this kind”",
    "“there was nothing anybody could have done”",
    "“this changes everything we believed until now”",
    "“I have waited ten years to say it aloud”",
)


class Pair(NamedTuple):
    """A sentence of an article with a claim that it carries and one that it does not."""

    id: str
    article: str
    """Path of the file, from the repository's root."""
    sentence: str
    true: str
    false: str
    kind: str
    """What is wrong with the false one."""


class Trial(NamedTuple):
    """A sentence of a draft, what its model was shown, and what would be right to do."""

    kind: str
    sentence: DraftSentence
    shown: tuple[Evidence, ...]
    right: int | None
    """Number of the sentence that carries it; None where none does."""


def pairs_of(path: Path) -> list[Pair]:
    """The pairs of a file."""
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [
        Pair(r["id"], r["article"], r["sentence"], r["true"], r["false"], r["kind"]) for r in rows
    ]


def evidence_of(pairs: Sequence[Pair]) -> dict[tuple[str, str], Evidence]:
    """Every sentence of the pairs' articles, by file and folded text."""
    found: dict[tuple[str, str], Evidence] = {}
    with tempfile.TemporaryDirectory(prefix="citewire-") as temporary:
        home = Path(temporary)
        files = sorted({_ROOT / pair.article for pair in pairs})
        ingest(home, files, Settings())
        with Library(home) as library:
            for article in library.articles():
                file = str(Path(article.source).relative_to(_ROOT))
                for passage in library.passages(library.passage_ids(article.id)).values():
                    for sentence in passage.sentences:
                        (context,) = library.contexts(article.id, [sentence])
                        evidence = Evidence(sentence, article, *context, score=0.0, share=0.0)
                        found[file, fold(evidence.text)] = evidence
    return found


def drafts(pairs: Sequence[Pair], seed: int = 7) -> Iterator[Trial]:
    """Every claim as it stands and altered, each beside forty sentences it could rest on.

    Args:
        pairs: of one collection; sentences and names of other articles come from it.
        seed: decides what is drawn.

    Yields:
        Kind `true`: the right claim with the right number. `unnumbered`: without it, and
        `misnumbered`, with that of another article, and `unknown number`, with one that was
        not shown; these may be shown with the right sentence only. All other kinds are false
        and may not be shown at all; those written by hand are named `by hand: …`.
    """
    rng = random.Random(seed)
    known = evidence_of(pairs)
    every = list(known.items())
    names = sorted({n.text for pair in pairs for n in find_names(pair.sentence)})
    for pair in pairs:
        own = known[pair.article, pair.sentence]
        beside = [e for (file, _), e in every if file == pair.article and e is not own]
        others = [e for (file, _), e in every if file != pair.article]
        shown = [own, *beside[: SHOWN // 2]]
        shown += rng.sample(others, SHOWN - len(shown))
        rng.shuffle(shown)
        right = shown.index(own) + 1
        wrong = next(n for n, e in enumerate(shown, 1) if e.article.id != own.article.id)

        def trial(
            kind: str,
            text: str,
            number: int | None,
            right: int | None = None,
            shown: Sequence[Evidence] = tuple(shown),
        ) -> Trial:
            numbers = () if number is None else (number,)
            return Trial(kind, DraftSentence(text, numbers), tuple(shown), right)

        yield trial("true", pair.true, right, right)
        yield trial("unnumbered", pair.true, None, right)
        yield trial("misnumbered", pair.true, wrong, right)
        yield trial("unknown number", pair.true, SHOWN + rng.randint(1, 60), right)
        yield trial(f"by hand: {pair.kind}", pair.false, right)
        for kind, text in _altered(pair.true, names, pair.sentence, rng):
            yield trial(kind, text, right)


def _altered(
    claim: str, names: Sequence[str], source: str, rng: random.Random
) -> Iterator[tuple[str, str]]:
    if numbers := find_numbers(claim):
        number = rng.choice(numbers)
        was = claim[number.start : number.end]
        digit = re.search(r"\d(?=\D*$)", was)
        if digit:
            other = str((int(digit[0]) + rng.randint(1, 8)) % 10)
            now = was[: digit.start()] + other + was[digit.end() :]
        else:
            now = rng.choice([w for w in _WORDS if w not in was.lower()])
        yield "changed number", claim[: number.start] + now + claim[number.end :]
    if own := find_names(claim):
        name = rng.choice(own)
        parts = set(re.findall(r"\w+", f"{source} {claim}".lower()))
        strangers = [n for n in names if not parts & set(re.findall(r"\w+", n.lower()))]
        now = rng.choice(strangers)
        yield "swapped name", claim[: name.start] + now + claim[name.end :]
    if found := _ANY.search(claim):
        yield "changed negation", claim[: found.start()] + claim[found.end() :].lstrip()
    elif found := _VERB.search(claim):
        yield "changed negation", f"{claim[: found.end()]} not{claim[found.end() :]}"
    body = claim.rstrip(".")
    yield "invented quotation", f"{body}, adding {rng.choice(_INVENTED)}."
