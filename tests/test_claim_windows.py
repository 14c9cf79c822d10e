"""What the claim reader learns from: claims, and how they are made false."""

from __future__ import annotations

import random
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
import yaml

from eval.learning.claim_alterations import altered
from eval.learning.claim_windows import Story, claim_rows, plain_rows
from tests.conftest import ROOT

CLAIMS = ROOT / "eval" / "gold" / "claims"
STORIES = {
    "a": Story(
        "The Post, Tuesday 17 March 1998",
        (
            "Brandt gave Oskam 67 letters before the vote.",
            "The ferry did not sail.",
            "It may return in May.",
        ),
        ("Brandt", "Oskam"),
    ),
    "b": Story("The Mail", ("Rice rose by nine per cent in Lemya.", "Nobody knew."), ("Lemya",)),
}
ENTRY = {
    "article": "a",
    "sentence": "Brandt gave Oskam 67 letters before the vote.",
    "true": ["Oskam was given 67 letters by Brandt.", "Before the vote Oskam had letters."],
    "false": [["swap", "Oskam gave Brandt 67 letters."], ["deed", "Brandt burned 67 letters."]],
}


@pytest.mark.parametrize(
    ("claim", "way", "made"),
    [
        ("The ferry has sailed.", "denied", {"has not", "has never", "has no longer"}),
        ("The ferry did not sail.", "affirmed", {"did sail"}),
        ("Brandt wrote to Oskam.", "places", {"Oskam wrote to Brandt"}),
        ("They met before the vote.", "opposite", {"after the vote"}),
        ("They may meet in Cairo.", "opposite", {"will meet"}),
        ("They killed 67 goats.", "number", {"killed"}),
    ],
)
def test_a_claim_is_made_false_in_one_way(claim: str, way: str, made: set[str]) -> None:
    for seed in range(8):
        found = dict(altered(claim, ["Lemya"], random.Random(seed)))
        assert any(part in found[way] for part in made)
        assert all(text != claim for text in found.values())


def test_what_becomes_stronger_does_not_become_weaker() -> None:
    for seed in range(20):
        found = dict(altered("All of them will sail.", [], random.Random(seed)))
        assert "opposite" not in found


def test_names_beside_each_other_are_not_exchanged() -> None:
    for seed in range(20):
        assert "places" not in dict(altered("Brandt and Oskam met.", [], random.Random(seed)))


def test_every_claim_is_beside_its_source_and_once_beside_another_sentence() -> None:
    rows = list(claim_rows([ENTRY], STORIES, random.Random(3)))
    kinds = Counter(row["kind"] for row in rows)
    assert (kinds["true"], kinds["swap"], kinds["deed"], kinds["elsewhere"]) == (2, 1, 1, 1)
    for row in rows:
        assert (row["right"] == [0]) == (row["kind"] == "true")
        assert (ENTRY["sentence"] in row["sentences"][0]) == (row["kind"] != "elsewhere")


def test_a_sentence_is_a_claim_about_itself() -> None:
    rows = list(plain_rows(STORIES, random.Random(3)))
    carried = [row for row in rows if row["right"]]
    assert {row["question"] for row in carried} == {
        "Brandt gave Oskam 67 letters before the vote.",
        "Rice rose by nine per cent in Lemya.",
    }
    assert all(row["question"] in row["sentences"][0] for row in carried)
    assert all(row["question"] not in row["sentences"][0] for row in rows if not row["right"])


def letters(text: str) -> str:
    """Without breaks, dashes and soft hyphens, which reading may take out."""
    return "".join(filter(str.isalnum, text))


@pytest.mark.parametrize("name", ["train", "more", "dev", "test"])
def test_the_claims_are_about_sentences_that_stand_there(name: str) -> None:
    entries = yaml.safe_load((CLAIMS / f"{name}.yaml").read_text(encoding="utf-8"))
    assert len({e["id"] for e in entries}) == len(entries) >= 150
    texts: dict[str, str] = {}
    for entry in entries:
        file = entry["article"]
        if file not in texts:
            texts[file] = letters((ROOT / file).read_text(encoding="utf-8"))
        assert letters(entry["sentence"]) in texts[file], entry["id"]


def test_what_is_measured_was_not_trained_on() -> None:
    articles: dict[str, set[str]] = {}
    for path in sorted(CLAIMS.glob("*.yaml")):
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
        articles[path.stem] = {Path(e["article"]).as_posix() for e in entries}
    assert set(articles) == {"train", "more", "dev", "test"}
    assert not any(one & other for one, other in combinations(articles.values(), 2))
