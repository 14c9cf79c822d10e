"""The vector index: Chroma, embedded, cosine. The only file that touches Chroma.

Chroma is not safe against a crash while it writes, so it is only ever derived from the
library (see `rag.indexes`). Passages go in as LlamaIndex nodes through its
`ChromaVectorStore`, so any LlamaIndex program can read the collection; searches ask Chroma
directly, because importing LlamaIndex costs 1.2 s of every cold start and adds nothing to
a query by vector.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import chromadb
import numpy as np
import numpy.typing as npt
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import InternalError
from chromadb.errors import NotFoundError as ChromaNotFound

from rag.errors import LibraryBusy
from rag.types import Article, Filters, Passage

__all__ = ["COLLECTION", "VectorDocument", "VectorIndex", "chroma_where", "is_whole"]

COLLECTION = "passages"

_CONFIGURATION: Any = {
    "hnsw": {"space": "cosine", "ef_search": 400, "batch_size": 1, "sync_threshold": 1}
}
"""At Chroma's default ef the recall is .66 on hard data, at 400 it is .97. With a threshold of
1 each call writes all that it adds to the graph's files; at the default of 1,000 the rest is
added, and these files written, by whoever opens the index to read."""

_RECORD = 4 + 32 * 4 + 384 * 4 + 8
"""Bytes of a vector in the graph's lowest level: links, numbers, label."""

_BATCH = 2000
"""Chroma takes at most 5,461 rows a call; fewer keep memory flat."""


class VectorDocument(NamedTuple):
    """One passage as the vector index takes it."""

    passage: Passage
    article: Article
    vector: npt.NDArray[np.float32]
    """float32, (384,), unit length."""


class VectorIndex:
    """A Chroma collection in a folder of its own."""

    def __init__(self, folder: Path, *, new: bool = False) -> None:
        """Open the collection.

        Args:
            folder: where it lies.
            new: make it.

        Raises:
            Exception: whatever Chroma raises on damaged files; it may also crash the
                process, which is why none is opened that is not as it was written.
        """
        if new:
            folder.mkdir(parents=True, exist_ok=True)
        # Any: the interface that the function is typed with lacks `close`.
        client: Any = chromadb.PersistentClient(
            path=str(folder), settings=ChromaSettings(anonymized_telemetry=False)
        )
        self._client = client
        self._held: int | None = None
        try:
            self._collection: chromadb.Collection = (
                client.create_collection(
                    COLLECTION, configuration=_CONFIGURATION, embedding_function=None
                )
                if new
                else client.get_collection(COLLECTION, embedding_function=None)
            )
        except BaseException:
            client.close()
            raise

    @property
    def collection(self) -> chromadb.Collection:
        """The collection itself, for LlamaIndex."""
        return self._collection

    def close(self) -> None:
        """Let go of the files."""
        self._client.close()

    def remove(self, passage_ids: Sequence[str]) -> None:
        """Take passages out."""
        self._held = None
        for at in range(0, len(passage_ids), _BATCH):
            self._collection.delete(ids=list(passage_ids[at : at + _BATCH]))

    def add(self, documents: Sequence[VectorDocument]) -> None:
        """Add passages that it does not hold; 2,000 at most."""
        self._held = None
        if not documents:
            return
        # Imported here: see the module's docstring.
        from llama_index.vector_stores.chroma import ChromaVectorStore  # noqa: PLC0415

        from rag.nodes import passage_node  # noqa: PLC0415

        nodes = []
        for document in documents:
            node = passage_node(document.passage, document.article)
            node.embedding = document.vector.tolist()
            nodes.append(node)
        ChromaVectorStore(chroma_collection=self._collection).add(nodes)

    def facts(self) -> Iterator[tuple[str, str, int]]:
        """Each passage's id, outlet (empty where not known) and day (0 where not known)."""
        for at in range(0, self.count(), _BATCH):
            found = self._collection.get(limit=_BATCH, offset=at, include=["metadatas"])
            for passage_id, facts in zip(found["ids"], found["metadatas"] or [], strict=True):
                yield passage_id, str(facts["outlet"]), int(str(facts["published"]))

    def count(self) -> int:
        """How many passages it says it holds; see `probe` for whether they are there."""
        return self._collection.count()

    def search(
        self, vector: npt.NDArray[np.float32], k: int, filters: Filters
    ) -> list[tuple[str, float]]:
        """The k nearest passage ids with their cosine similarity, best first.

        Args:
            vector: float32, (384,), unit length.
            k: how many.
            filters: outlets by their whole names.

        Raises:
            LibraryBusy: the files are gone, as after another process rebuilt the indexes.
        """
        try:
            # Asked once: it takes as long as half the search, and nobody adds while others search.
            if self._held is None:
                self._held = self.count()
            k = min(k, self._held)
            if k == 0:
                return []
            found = self._collection.query(
                query_embeddings=vector[None, :],
                n_results=k,
                where=chroma_where(filters),
                include=["distances"],
            )
        except (InternalError, ChromaNotFound) as exc:
            raise LibraryBusy(
                "The vector index can't be searched, perhaps because it was just built anew; ask"
                " again, and if that does not help, see `citewire doctor --fix`."
            ) from exc
        distances = (found["distances"] or [[]])[0]
        hits = [(i, 1.0 - float(d)) for i, d in zip(found["ids"][0], distances, strict=True)]
        return sorted(hits, key=lambda hit: (-hit[1], hit[0]))


def is_whole(folder: Path) -> bool:
    """Whether the graph's files have the sizes that belong together.

    A full disk or a limit on the size of files may cut one short without a word, and Chroma
    can crash on opening it.
    """
    for header in folder.glob("*/header.bin"):
        sizes = {
            name: header.with_name(name).stat().st_size if header.with_name(name).exists() else 0
            for name in ("header.bin", "data_level0.bin", "length.bin", "index_metadata.pickle")
        }
        # Four bytes in the one for each record in the other.
        if not all(sizes.values()) or sizes["length.bin"] * _RECORD != sizes["data_level0.bin"] * 4:
            return False
    return True


def chroma_where(filters: Filters) -> Any:
    """The filters as Chroma's `where`; None where nothing is filtered."""
    conditions: list[dict[str, object]] = []
    if filters.since or filters.until:
        # Unknown dates are stored as 0, below any lower bound.
        since = int(filters.since.strftime("%Y%m%d")) if filters.since else 1
        conditions.append({"published": {"$gte": since}})
    if filters.until:
        conditions.append({"published": {"$lte": int(filters.until.strftime("%Y%m%d"))}})
    if filters.outlets:
        conditions.append({"outlet": {"$in": list(filters.outlets)}})
    if len(conditions) > 1:
        return {"$and": conditions}
    return conditions[0] if conditions else None
