"""Windows that the program itself reads for a question, as examples for the reader.

What the reader has to tell apart when it is asked are the windows that retrieval and the cheap
signals chose, of all articles of a library; so of each question two that do not answer are
drawn from them, the nearer ones more often, beside those that `eval.learning.windows` cuts
out of its own article.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from eval.learning.labelled import Labelled, Stretch, read_gold
from eval.learning.learning_sets import Item, Narrow, found_for, is_right, items_of
from eval.learning.stories import folder_of
from eval.learning.windows import Window, held, miss, missed
from eval.questions.cases import Gold
from eval.questions.gold_file import load_gold
from ingest.pipeline import ingest
from rag.candidates import Candidate, shares_wording
from rag.evidence import windows_around
from rag.evidence_weights import load_weights
from rag.library import Library
from rag.reader_input import title_line
from rag.settings import Settings
from rag.types import Hit

__all__ = ["Shown", "mined_groups", "shown"]

_DRAWN = 2
_OWN_CUT = 0.5
"""How often the window that answers is cut anew instead of being the program's own."""


def mined_groups(
    path: Path, work: Path, stories: Sequence[str], rng: np.random.Generator
) -> Iterator[Sequence[Window]]:
    """For each question of a gold file its windows, the ones with the same question together.

    Args:
        path: the gold file.
        work: where the library of its articles is made, or is.
        stories: those that count, by number; articles of others are never shown. All where
            none is named.
        rng: decides everything that is drawn.
    """
    rows: dict[str, Labelled] = {}
    for row in read_gold(path, folder_of(path)):
        rows.setdefault(row.question, row)
    for item, gold, candidates, chosen in _chosen(path, work, stories):
        if item.text not in rows:
            continue
        row = rows[item.text]
        right = {n for n, c in enumerate(candidates) if is_right(item, c, gold)}
        answering = [w for w in chosen if right & set(w)]
        others = [w for w in chosen if not right & set(w)]
        odds = 1 / (2 + np.arange(len(others)))
        drawn = rng.choice(len(others), min(_DRAWN, len(others)), False, odds / odds.sum())
        group = [_window(row, candidates, others[n], set()) for n in sorted(drawn)]
        if not row.right:
            yield [missed(row, row.stretch, row.kind, rng), *group]
            continue
        if answering and rng.random() >= _OWN_CUT:
            group.append(_window(row, candidates, answering[0], right))
        else:
            group.append(held(row, rng))
        other = miss(row, (), rng)
        if other is not None and other.question == row.question:
            group.append(other)
        elif other is not None:
            yield [other]
        yield group


class Shown(NamedTuple):
    """A question with every window that the program reads for it."""

    kind: str
    windows: tuple[Window, ...]


def shown(path: Path, work: Path, stories: Sequence[str]) -> Iterator[Shown]:
    """All that the program reads for the questions of a gold file, to measure on.

    Args:
        path: the gold file.
        work: where the library of its articles is made, or is.
        stories: whose questions count.
    """
    for item, gold, candidates, chosen in _chosen(path, work, stories, hide=False):
        right = {n for n, c in enumerate(candidates) if is_right(item, c, gold)}
        row = Labelled(item.text, Stretch(()), kind=item.kind)
        yield Shown(item.kind, tuple(_window(row, candidates, w, right) for w in chosen))


def _chosen(
    path: Path, work: Path, stories: Sequence[str], *, hide: bool = True
) -> Iterator[tuple[Item, Gold, list[Candidate], list[list[int]]]]:
    """Each question with its candidates, and which of them the program reads together."""
    gold, folder = load_gold(path), folder_of(path)
    home = work / folder.name / "home"
    ingest(home, [folder], Settings())
    most = Settings().read_windows
    narrow = _only(gold, stories) if hide else None
    for item, _, candidates in found_for(home, items_of(gold, stories), narrow):
        near = load_weights(shares_wording(candidates)).near
        scores = np.stack([c.signals for c in candidates]) @ near
        yield item, gold, candidates, list(windows_around(candidates, scores, most))


def _window(
    row: Labelled, candidates: Sequence[Candidate], chosen: Sequence[int], right: set[int]
) -> Window:
    """A window of the program's as an example."""
    sentences = tuple(candidates[n].text for n in chosen)
    found = tuple(k for k, n in enumerate(chosen) if n in right)
    answer = None
    if found and row.answer is not None:
        words = row.stretch.sentences[row.answer[0]]
        answer = next(((k, *row.answer[1:]) for k in found if sentences[k] == words), None)
    kind = row.kind if found else "mined"
    title = title_line(candidates[chosen[0]].article)
    return Window(row.question, title, sentences, found, answer, kind, row.source)


def _only(gold: Gold, stories: Sequence[str]) -> Callable[[Library], Narrow]:
    """Keeps the passages of some stories, as many as the program takes."""

    def of(library: Library) -> Narrow:
        def narrow(item: Item, hits: Sequence[Hit]) -> Sequence[Hit]:
            kept = [
                hit
                for hit in hits
                if not stories
                or gold.article_of(library.article(hit.passage.article_id).source) in stories
            ]
            return kept[: Settings().passages]

        return narrow

    return of
