"""Citewire's parts in LlamaIndex's hands."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from rag.embed import Embedder
from rag.engine import Engine
from rag.index_vectors import VectorIndex
from rag.types import Filters

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

QUESTION = "Who was put in charge of the secret talks?"


def test_the_retriever_gives_nodes_that_point_into_their_articles(engine: Engine) -> None:
    from rag.llamaindex import CitewireRetriever

    nodes = CitewireRetriever(engine, Filters(outlets=("Ynetnews (digest)",))).retrieve(QUESTION)
    assert nodes
    for found in nodes:
        article = engine.library.article(found.node.source_node.node_id)
        assert article.outlet == "Ynetnews (digest)" == found.node.metadata["outlet"]
        stretch = article.text[found.node.start_char_idx : found.node.end_char_idx]
        assert found.node.text.split()[0] in stretch
    scores = [found.score for found in nodes]
    assert scores == sorted(scores, reverse=True)


def test_the_query_engine_is_the_whole_chain(engine: Engine) -> None:
    from rag.llamaindex import CitewireQueryEngine

    response = CitewireQueryEngine(engine).query(QUESTION)
    assert "Hanegbi" in str(response)
    answer = response.metadata["answer"]
    assert [n.node.text for n in response.source_nodes] == [c.quote for c in answer.citations]
    assert CitewireQueryEngine(engine).query("What is the population of Sweden?").source_nodes == []


def test_the_embedding_is_the_embedder() -> None:
    from rag.llamaindex import CitewireEmbedding

    ours = Embedder().embed(["secret talks"])[0]
    assert np.allclose(CitewireEmbedding().get_text_embedding("secret talks"), ours, atol=1e-5)


def test_any_llamaindex_program_can_read_the_collection(engine: Engine, seeds_home: Path) -> None:
    from llama_index.core import VectorStoreIndex
    from llama_index.core.vector_stores import MetadataFilter, MetadataFilters
    from llama_index.vector_stores.chroma import ChromaVectorStore

    from rag.llamaindex import CitewireEmbedding

    name = json.loads((seeds_home / "index" / "current.json").read_text())["folder"]
    index = VectorIndex(seeds_home / "index" / name / "chroma")
    store = ChromaVectorStore(chroma_collection=index.collection)
    theirs = VectorStoreIndex.from_vector_store(store, embed_model=CitewireEmbedding())
    only = MetadataFilters(filters=[MetadataFilter(key="published", value=20230220)])
    nodes = theirs.as_retriever(similarity_top_k=3, filters=only).retrieve(QUESTION)
    assert nodes
    assert {n.node.metadata["published"] for n in nodes} == {20230220}
    assert any("Hanegbi" in n.node.text for n in nodes)
