from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from eval.beir import load_beir, write_articles
from eval.collection import beir_collection
from eval.run import Options, evaluate
from rag.errors import SettingsError
from rag.settings import Settings
from tests.conftest import OTHER, STORY

FERRY = STORY.split("\n\n", 2)[2]
HALL = OTHER.split("\n\n", 2)[2]
CORPUS: list[Mapping[str, object]] = [
    {
        "_id": "d/1",
        "title": "Ferry strikes pier",
        "text": FERRY,
        "metadata": {"date": "2024-05-03"},
    },
    {"_id": "d2", "title": "Market hall", "text": HALL, "metadata": {"outlet": "Coast Weekly"}},
    {"_id": "d3", "title": "Market hall", "text": HALL, "metadata": {"outlet": "Coast Weekly"}},
]
QUERIES: list[Mapping[str, object]] = [
    {"_id": "q1", "text": "Who was at the helm of the Halcyon?", "metadata": {"answer": "Brandt"}},
    {
        "_id": "q2",
        "text": "What did Mayor Petra Quill say the work would cost?",
        "metadata": {
            "answer": "It would be twelve million, the mayor thinks.",
            "selected_sentences": ["the work would cost 12 million crowns"],
        },
    },
    {"_id": "q3", "text": "Who won the cup?", "metadata": {"answerable": False}},
    {"_id": "q4", "text": "Nobody judged this one."},
]


def lay(folder: Path, queries: Sequence[Mapping[str, object]] = QUERIES, qrels: str = "") -> Path:
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    with gzip.open(folder / "corpus.jsonl.gz", "wt") as file:
        file.write("\n".join(json.dumps(row) for row in CORPUS))
    (folder / "queries.jsonl").write_text("\n".join(json.dumps(row) for row in queries))
    judged = qrels or "q1\td/1\t1\nq2\td3\t2\n"
    (folder / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\n" + judged)
    return folder


def test_a_set_is_read_with_its_answers(tmp_path: Path) -> None:
    beir = load_beir(lay(tmp_path))
    assert (beir.split, beir.has_answers) == ("dev", True)
    q1, q2, q3 = beir.queries
    assert (q1.relevant, q1.answers, q1.answerable) == ({"d/1": 1}, ("Brandt",), None)
    assert q2.sentences == ("the work would cost 12 million crowns",)
    assert (q3.relevant, q3.answerable) == ({}, False)


def test_retrieval_and_answers_are_scored_and_copies_count_as_one(tmp_path: Path) -> None:
    beir = load_beir(lay(tmp_path / "set"))
    with beir_collection(beir, Settings(), None, lambda _: None) as outside:
        assert outside.collection.seconds is not None
        options = Options(judgements=outside.judgements)
        results = evaluate(outside.collection.home, outside.gold, Settings(), options)
    scores = {s.name: (s.value, s.n) for s in results.scores}
    assert scores["nDCG@10"] == (1.0, 2)
    assert scores["recall@5"] == (1.0, 2)
    # The long answer is somebody's wording; only the short one is looked for.
    assert scores["answer correct"] == (1.0, 1)
    assert scores["right sentence"] == (1.0, 1)
    assert scores["refused when not"] == (1.0, 1)
    assert results.gate.passed


def test_a_set_without_answers_is_only_searched(tmp_path: Path) -> None:
    bare = [{"_id": q["_id"], "text": q["text"]} for q in QUERIES[:2]]
    beir = load_beir(lay(tmp_path / "set", bare))
    assert not beir.has_answers
    with beir_collection(beir, Settings(), None, lambda _: None) as outside:
        options = Options(judgements=outside.judgements, retrieval_only=True)
        results = evaluate(outside.collection.home, outside.gold, Settings(), options)
    assert {s.group for s in results.scores} == {"retrieval"}
    assert {q.status for q in results.questions} == {"not_asked"}
    assert results.gate.passed


def test_a_relevant_document_that_can_not_be_ingested_counts_as_not_found(tmp_path: Path) -> None:
    empty = {"_id": "d4", "title": "", "text": "—"}
    folder = lay(tmp_path / "set", [{"_id": "q1", "text": "Who was at the helm?"}])
    with gzip.open(folder / "corpus.jsonl.gz", "wt") as file:
        file.write("\n".join(json.dumps(row) for row in (*CORPUS, empty)))
    (folder / "qrels" / "dev.tsv").write_text("q1\td/1\t1\nq1\td4\t1\n")
    with beir_collection(load_beir(folder), Settings(), None, lambda _: None) as outside:
        options = Options(judgements=outside.judgements, retrieval_only=True)
        results = evaluate(outside.collection.home, outside.gold, Settings(), options)
    recall = results.score("recall@10")
    assert recall and (recall.value, recall.n) == (0.5, 1)


def test_a_kept_library_is_gone_on_with(tmp_path: Path) -> None:
    beir = load_beir(lay(tmp_path / "set"))
    for first in (True, False):
        with beir_collection(beir, Settings(), tmp_path / "work", lambda _: None) as outside:
            assert (outside.collection.seconds is not None) is first
    assert (tmp_path / "work" / "home" / "library.db").exists()


def test_documents_are_written_under_safe_names(tmp_path: Path) -> None:
    names = write_articles(load_beir(lay(tmp_path / "set")), tmp_path / "out")
    assert names["d/1"] == "0000000-d_1.txt"
    assert (tmp_path / "out" / names["d/1"]).read_text().startswith("Title: Ferry strikes pier\n")


@pytest.mark.parametrize(
    ("qrels", "message"),
    [
        ("q1\td/1\n", r"dev\.tsv:2: .* is not a query id"),
        ("q1\td/1\tmuch\n", r"dev\.tsv:2"),
        ("q1\td/1\t0\n", "no query has a judgement"),
        ("q1\td/1\t1\nqx\td/1\t1\n", "judges the query 'qx'"),
    ],
)
def test_broken_judgements_are_told_with_their_line(
    qrels: str, message: str, tmp_path: Path
) -> None:
    only = [q for q in QUERIES if q["_id"] in ("q1", "q4")]
    with pytest.raises(SettingsError, match=message):
        load_beir(lay(tmp_path, only, qrels))


def test_a_judgement_of_a_document_that_is_not_there_is_refused(tmp_path: Path) -> None:
    beir = load_beir(lay(tmp_path / "set", qrels="q1\tgone\t1\n"))
    with (
        pytest.raises(SettingsError, match="names the document 'gone'"),
        beir_collection(beir, Settings(), None, lambda _: None),
    ):
        pass


def test_a_folder_that_is_no_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"has no qrels/test\.tsv"):
        load_beir(tmp_path)
    lay(tmp_path)
    with pytest.raises(SettingsError, match=r"has no qrels/train\.tsv"):
        load_beir(tmp_path, "train")
    (tmp_path / "queries.jsonl").write_text("{\n")
    with pytest.raises(SettingsError, match=r"queries\.jsonl:1: can't be read"):
        load_beir(tmp_path)
    (tmp_path / "queries.jsonl").unlink()
    with pytest.raises(SettingsError, match=r"has no queries\.jsonl"):
        load_beir(tmp_path)
