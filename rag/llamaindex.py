"""Citewire's parts as LlamaIndex knows them, for use in LlamaIndex programs.

Importing this module imports LlamaIndex, which takes more than a second; the command line
does without.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.base.response.schema import Response
from llama_index.core.query_engine import CustomQueryEngine
from llama_index.core.schema import NodeWithScore, QueryBundle
from pydantic import PrivateAttr

from rag.embed import Embedder
from rag.engine import Engine
from rag.nodes import citation_node, passage_node
from rag.types import Answer, Citation, Filters

__all__ = ["CitewireEmbedding", "CitewireQueryEngine", "CitewireRetriever"]


# llama_index ships no type information that mypy --strict takes, so its classes are Any.
class CitewireEmbedding(BaseEmbedding):  # type: ignore[misc]
    """The offline embedder: unit vectors of 384 numbers."""

    _embedder: Embedder = PrivateAttr()

    def __init__(self, threads: int = 2, **kwargs: Any) -> None:
        super().__init__(model_name="all-MiniLM-L6-v2 (int8)", **kwargs)
        self._embedder = Embedder(threads)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._embedder.embed(texts).tolist()
        return vectors

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


class CitewireRetriever(BaseRetriever):  # type: ignore[misc]
    """Hybrid retrieval from a Citewire library."""

    def __init__(self, engine: Engine, filters: Filters | None = None) -> None:
        self._engine = engine
        self._filters = filters or Filters()
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._engine.finder.find(query_bundle.query_str, self._filters)
        article = self._engine.library.article
        return [
            NodeWithScore(
                node=passage_node(hit.passage, article(hit.passage.article_id)), score=hit.score
            )
            for hit in found.hits
        ]


class CitewireQueryEngine(CustomQueryEngine):  # type: ignore[misc]
    """The whole chain: verified quotations as the response, cited sentences as its sources.

    The `Answer` itself is in `response.metadata["answer"]`.
    """

    _engine: Engine = PrivateAttr()
    _filters: Filters = PrivateAttr()

    def __init__(self, engine: Engine, filters: Filters | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._engine = engine
        self._filters = filters or Filters()

    def custom_query(self, query_str: str) -> Response:
        """Answer one question."""
        answer: Answer = self._engine.ask(query_str, self._filters)
        return Response(
            response=answer.text,
            source_nodes=_sources(answer.citations, self._engine),
            metadata={"status": answer.status, "answer": answer},
        )


def _sources(citations: Sequence[Citation], engine: Engine) -> list[NodeWithScore]:
    article = engine.library.article
    return [
        NodeWithScore(node=citation_node(c, article(c.article_id)), score=1.0) for c in citations
    ]
