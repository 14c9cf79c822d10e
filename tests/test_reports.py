"""What holds on the five reports themselves, where they are at hand."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from eval.questions.gold_file import load_gold
from rag.engine import Engine
from rag.library import Library
from rag.settings import Settings
from rag.types import Article
from tests.conftest import ROOT, needs_reports

LABELS = json.loads((ROOT / "eval" / "gold" / "sentences.json").read_text())["reports"]

pytestmark = needs_reports


def labelled(article: Article) -> list[tuple[int, int]]:
    """The stretches of the body that were labelled by hand, furniture left out."""
    labels = LABELS[Path(article.source).name[:3]]
    assert hashlib.sha256(Path(article.source).read_bytes()).hexdigest() == labels["sha256"]
    return [(p[0][0], p[-1][1]) for p in labels["paragraphs"]]


def test_no_furniture_is_ever_quoted(reports_home: Path) -> None:
    gold = load_gold(ROOT / "eval" / "gold" / "seeds.yaml")
    outside = []
    with Engine(reports_home, Settings(answer_threshold=0.0, quote_share=1.0)) as engine:
        bodies = {a.id: labelled(a) for a in engine.library.articles()}
        for case in gold.cases:
            for c in engine.ask(case.question).citations:
                if not any(s <= c.start and c.end <= e for s, e in bodies[c.article_id]):
                    outside.append(c.quote)
    # Standfirsts are the article's own words, though not labelled as body.
    standfirsts = (
        "A US team is in Ramallah",
        "The security team is to liaise",
        "Israel's clandest",
    )
    assert [q for q in outside if not q.startswith(standfirsts)] == []


def test_every_sentence_of_the_body_can_be_quoted(reports_home: Path) -> None:
    with Library(reports_home) as library:
        for article in library.articles():
            kept = {
                (s.start, s.end)
                for p in library.passages(library.passage_ids(article.id)).values()
                for s in p.sentences
            }
            for start, end in labelled(article):
                covered = sum(e - s for s, e in kept if start <= s and e <= end)
                assert covered >= 0.95 * len(article.text[start:end].strip())


def test_what_the_reports_state_of_themselves_is_read(reports_home: Path) -> None:
    with Library(reports_home) as library:
        read = {
            Path(a.source).name[:3]: (a.outlet, str(a.published), bool(a.title), a.byline)
            for a in library.articles()
        }
    assert read == {
        "000": (None, "2023-02-20", False, None),
        "001": ("Daily Caller News Foundation", "None", False, None),
        "002": ("Ynetnews", "None", True, "Elior Levy, Attila Somfalvi"),
        "003": (None, "2022-12-28", True, None),
        "004": ("TNA", "2023-02-01", True, None),
    }
