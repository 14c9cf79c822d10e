"""Cuts windows to train the claim reader on: a claim in the question's place, its source below.

    python -m eval.learning.claim_windows --claims eval/gold/claims/train.yaml --out hand.jsonl.gz
    python -m eval.learning.claim_windows --stories eval/gold/nearmiss/pairs --out plain.jsonl.gz

With `--claims`, claims written by hand, their alterations, and true ones beside a sentence that
does not carry them. With `--stories`, every sentence of the stories as a claim about itself, and
its alterations: much to read, and easy, for the first steps.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import yaml

from eval.learning.claim_alterations import altered
from ingest.pipeline import ingest
from rag.claim_reader import heading_of, in_digits
from rag.library import Library
from rag.names import find_names
from rag.reading import fold
from rag.settings import Settings

__all__ = ["Story", "claim_rows", "plain_rows", "stories_in"]

_ROOT = Path(__file__).parent.parent.parent
_BESIDE = 0.3
"""Share of windows that have a neighbouring sentence, too: a claim may cite several."""

_LOOKED_UP = frozenset({"number", "name"})
"""Facts that the program looks up beside the reading: who learns to doubt every number and date
put otherwise refuses paraphrases."""
_OFTEN = 0.15


class Story(NamedTuple):
    """An article as its sentences, in order."""

    heading: str
    sentences: tuple[str, ...]
    names: tuple[str, ...]


def stories_in(files: Sequence[Path]) -> dict[str, Story]:
    """Stories by path from the repository's root, read as the program reads them."""
    found: dict[str, Story] = {}
    with tempfile.TemporaryDirectory(prefix="citewire-") as temporary:
        home = Path(temporary)
        ingest(home, files, Settings())
        with Library(home) as library:
            for article in library.articles():
                spans = {
                    (s.start, s.end)
                    for p in library.passages(library.passage_ids(article.id)).values()
                    for s in p.sentences
                }
                sentences = tuple(fold(article.text[a:b]) for a, b in sorted(spans))
                names = {n.text for s in sentences for n in find_names(s)}
                path = str(Path(article.source).relative_to(_ROOT))
                found[path] = Story(heading_of(article), sentences, tuple(sorted(names)))
    return found


def claim_rows(
    entries: Sequence[Mapping[str, Any]], stories: Mapping[str, Story], rng: Random
) -> Iterator[dict[str, Any]]:
    """Windows of claims written by hand.

    Args:
        entries: each with `article`, `sentence`, `true` (claims) and `false` (kind, claim).
        stories: by path, those of the entries.
        rng: draws alterations and neighbours.
    """
    every = list(stories.values())
    for entry in entries:
        story = stories[entry["article"]]
        at = story.sentences.index(entry["sentence"])
        for claim in entry["true"]:
            yield _row(story, at, claim, "true", rng)
            ways = [
                (kind, text)
                for kind, text in altered(claim, _strangers(story, every, rng), rng)
                if kind not in _LOOKED_UP or rng.random() < _OFTEN
            ]
            for kind, text in rng.sample(ways, min(2, len(ways))):
                yield _row(story, at, text, kind, rng)
        for kind, claim in entry["false"]:
            yield _row(story, at, claim, kind, rng)
        claim = rng.choice(entry["true"])
        others = [n for n in range(len(story.sentences)) if abs(n - at) > 1]
        if others and rng.random() < 0.7:
            yield _row(story, rng.choice(others), claim, "elsewhere", rng)
        else:
            other = rng.choice(every)
            yield _row(other, rng.randrange(len(other.sentences)), claim, "elsewhere", rng)


def plain_rows(stories: Mapping[str, Story], rng: Random) -> Iterator[dict[str, Any]]:
    """Windows of sentences as claims about themselves, and altered."""
    every = list(stories.values())
    for story in every:
        for at, sentence in enumerate(story.sentences):
            if not 6 <= len(sentence.split()) <= 45:
                continue
            yield _row(story, at, sentence, "true", rng)
            ways = list(altered(sentence, _strangers(story, every, rng), rng))
            for kind, text in rng.sample(ways, min(2, len(ways))):
                yield _row(story, at, text, kind, rng)


def _strangers(story: Story, every: Sequence[Story], rng: Random) -> list[str]:
    """Names to put in place of others: of the same story as often as of another."""
    return [*story.names, *rng.sample(every, 1)[0].names]


def _row(story: Story, at: int, claim: str, kind: str, rng: Random) -> dict[str, Any]:
    source = story.sentences[at]
    if rng.random() < _BESIDE and len(story.sentences) > 1:
        beside = (
            at + 1 if at == 0 or (rng.random() < 0.5 and at + 1 < len(story.sentences)) else at - 1
        )
        source = " ".join(story.sentences[n] for n in sorted((at, beside)))
    return {
        "question": in_digits(claim),
        "title": story.heading,
        "sentences": [in_digits(source)],
        "right": [0] if kind == "true" else [],
        "answer": None,
        "kind": kind,
        "source": story.heading,
        "group": -1,
    }


def main() -> None:
    """Write the windows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--claims", type=Path, nargs="*", default=[])
    parser.add_argument("--stories", type=Path, nargs="*", default=[])
    parser.add_argument("--every", type=int, default=1, help="keep one window of so many")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    rng = Random(args.seed)
    entries = [e for p in args.claims for e in yaml.safe_load(p.read_text(encoding="utf-8"))]
    files = {_ROOT / e["article"] for e in entries}
    files |= {p for folder in args.stories for p in folder.rglob("*") if p.suffix == ".txt"}
    stories = stories_in(sorted(f.resolve() for f in files))
    rows = list(claim_rows(entries, stories, rng)) if entries else list(plain_rows(stories, rng))
    rng.shuffle(rows)
    rows = rows[:: args.every]
    with gzip.open(args.out, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    print(f"{len(rows)} windows, {sum(bool(row['right']) for row in rows)} carried")


if __name__ == "__main__":
    main()
