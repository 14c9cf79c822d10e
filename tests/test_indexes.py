from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from ingest.pipeline import ingest
from rag.embed import Embedder
from rag.engine import Engine
from rag.index_exact import ExactVectors
from rag.index_files import record
from rag.index_vectors import VectorIndex
from rag.indexes import Indexes
from rag.library import Library
from rag.lock import writer_lock
from rag.probe import probe
from rag.retrieve import fuse
from rag.settings import Settings
from rag.types import Filters
from tests.conftest import OTHER, STORY

QUESTION = "Who was put in charge of the secret talks?"


@pytest.fixture
def copy(seeds_home: Path, home: Path) -> Path:
    shutil.copytree(seeds_home, home)
    return home


def index_folder(home: Path) -> Path:
    mark = json.loads((home / "index" / "current.json").read_text())
    return home / "index" / str(mark["folder"])


def answers(home: Path) -> list[str]:
    with Engine(home, Settings()) as engine:
        return [c.quote for c in engine.ask(QUESTION).citations]


def damage_nothing(home: Path) -> None:
    pass


def delete_everything(home: Path) -> None:
    shutil.rmtree(home / "index")


def delete_the_mark(home: Path) -> None:
    (home / "index" / "current.json").unlink()


def garble_the_mark(home: Path) -> None:
    (home / "index" / "current.json").write_text('{"folder": 3')


def leave_it_unclean(home: Path) -> None:
    path = home / "index" / "current.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "clean": False}))


def delete_the_vectors(home: Path) -> None:
    shutil.rmtree(index_folder(home) / "chroma")


def garble_chroma(home: Path) -> None:
    (index_folder(home) / "chroma" / "chroma.sqlite3").write_bytes(b"garbage" * 1000)


def garble_tantivy(home: Path) -> None:
    (index_folder(home) / "tantivy" / "meta.json").write_text("{}")


def empty_tantivy(home: Path) -> None:
    shutil.rmtree(index_folder(home) / "tantivy")


def take_another_librarys(home: Path) -> None:
    path = home / "index" / "current.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "identity": "another"}))


@pytest.mark.parametrize(
    "damage",
    [
        damage_nothing,
        delete_everything,
        delete_the_mark,
        garble_the_mark,
        leave_it_unclean,
        delete_the_vectors,
        garble_chroma,
        garble_tantivy,
        empty_tantivy,
        take_another_librarys,
    ],
)
def test_damaged_indexes_are_rebuilt_and_answers_stay_the_same(
    damage: object, copy: Path, seeds_home: Path
) -> None:
    assert callable(damage)
    damage(copy)
    assert answers(copy) == answers(seeds_home) != []
    with Library(copy) as library:
        assert Indexes(copy, library).state() == "current"
    assert probe(copy) is None


def test_the_probe_sees_a_vector_that_went_wrong_while_the_count_stays_right(copy: Path) -> None:
    index = VectorIndex(index_folder(copy) / "chroma")
    held = index.count()
    first = index.collection.get(limit=1)["ids"][0]
    index.collection.update(ids=[first], embeddings=np.eye(1, 384, dtype=np.float32))
    index.close()
    record(index_folder(copy))
    assert index_count(copy) == held
    assert first in (probe(copy) or "")


def index_count(home: Path) -> int:
    index = VectorIndex(index_folder(home) / "chroma")
    count = index.count()
    index.close()
    return count


def test_while_another_process_writes_the_library_itself_is_searched(
    copy: Path, seeds_home: Path
) -> None:
    leave_it_unclean(copy)
    with writer_lock(copy):
        with Library(copy) as library:
            opened = Indexes(copy, library).open()
            assert isinstance(opened.vectors, ExactVectors)
        assert answers(copy)


def test_catching_up_gives_what_rebuilding_gives(folder: Path, home: Path) -> None:
    (folder / "a.txt").write_text(STORY)
    (folder / "b.txt").write_text(OTHER)
    ingest(home, [folder], Settings())
    (folder / "a.txt").write_text(STORY.replace("fourteen", "fifteen"))
    ingest(home, [folder], Settings())
    vector = Embedder().embed(["How many were injured?"])[0]

    def found() -> tuple[object, object]:
        with Library(home) as library:
            opened = Indexes(home, library).open()
            assert opened.words is not None
            result = (
                [i for i, _ in opened.vectors.search(vector, 10, Filters())],
                # What was removed still counts for how rare a word is, until tantivy merges.
                {i for i, _ in opened.words.search("injured ferry council", 10, Filters())},
            )
            opened.close()
            return result

    before = found()
    with writer_lock(home), Library(home) as library:
        Indexes(home, library).rebuild()
    assert found() == before


@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        Filters(since=date(2023, 1, 1)),
        Filters(until=date(2022, 12, 31)),
        Filters(since=date(2023, 2, 1), until=date(2023, 2, 1)),
        Filters(outlets=("Ynetnews (digest)",)),
        Filters(since=date(2023, 1, 1), outlets=("The New Arab (digest)", "Ynetnews (digest)")),
        Filters(since=date(2030, 1, 1)),
    ],
)
def test_both_indexes_and_the_exact_search_let_the_same_articles_through(
    filters: Filters, seeds_home: Path
) -> None:
    question = "talks between Israel and the Palestinians on security, Gaza and settlements"
    vector = Embedder().embed([question])[0]
    with Library(seeds_home) as library:
        opened = Indexes(seeds_home, library).open()
        assert opened.words is not None
        sides = [
            opened.vectors.search(vector, 100, filters),
            ExactVectors(library).search(vector, 100, filters),
            opened.words.search(question, 100, filters),
        ]
        articles = [{i.split(".")[0] for i, _ in side} for side in sides]
        allowed = {
            a.id
            for a in library.articles()
            if (not filters.since or (a.published and a.published >= filters.since))
            and (not filters.until or (a.published and a.published <= filters.until))
            and (not filters.outlets or a.outlet in filters.outlets)
        }
        opened.close()
    assert articles[0] == articles[1] == allowed
    assert articles[2] <= allowed


def test_chroma_finds_what_the_exact_search_finds(seeds_home: Path) -> None:
    vector = Embedder().embed([QUESTION])[0]
    with Library(seeds_home) as library:
        opened = Indexes(seeds_home, library).open()
        by_chroma = opened.vectors.search(vector, 10, Filters())
        exact = ExactVectors(library).search(vector, 10, Filters())
        opened.close()
    assert [i for i, _ in by_chroma] == [i for i, _ in exact]
    assert np.allclose([s for _, s in by_chroma], [s for _, s in exact], atol=1e-4)


def test_fusion_scales_each_side_and_weighs_it() -> None:
    fused = fuse([("a", 0.9), ("b", 0.5), ("c", 0.1)], [("b", 12.0), ("d", 2.0)], 0.5)
    assert [(i, round(score, 6), found_by) for i, score, found_by in fused] == [
        ("b", 0.75, ("vectors", "words")),
        ("a", 0.5, ("vectors",)),
        ("c", 0.0, ("vectors",)),
        ("d", 0.0, ("words",)),
    ]


def test_fusion_with_one_side_alone_keeps_its_order() -> None:
    dense = [("a", 0.9), ("b", 0.5), ("c", 0.1)]
    assert [i for i, _, _ in fuse(dense, [], 1.0)] == ["a", "b", "c"]
    assert [i for i, _, _ in fuse([], dense, 0.0)] == ["a", "b", "c"]


def test_the_embedder_gives_unit_vectors_in_the_order_asked() -> None:
    texts = [
        "A short one.",
        "A much longer sentence about the ferry and the pier of the town.",
        "x",
    ]
    embedder = Embedder()
    together = embedder.embed(texts)
    assert together.shape == (3, 384)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.concatenate([embedder.embed([t]) for t in texts])
    # Activations are quantised by the batch, so a text's company moves its vector a little.
    assert ((together * alone).sum(axis=1) > 0.97).all()
    assert np.argmax(together @ alone.T, axis=1).tolist() == [0, 1, 2]
