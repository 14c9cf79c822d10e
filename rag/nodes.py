"""Passages and sentences as LlamaIndex nodes: what crosses the border to LlamaIndex.

Importing this imports LlamaIndex, which takes more than a second, so the core imports it
only where nodes are made.
"""

from __future__ import annotations

from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode

from rag.reading import reading_text
from rag.types import Article, Citation, Passage

__all__ = ["citation_node", "passage_node"]


def passage_node(passage: Passage, article: Article) -> TextNode:
    """A passage as a node: its text, its offsets, and where it comes from."""
    text = reading_text(article, passage.start, passage.end)
    return _node(passage.id, text, passage.start, passage.end, article)


def citation_node(citation: Citation, article: Article) -> TextNode:
    """A cited sentence as a node."""
    node_id = f"{article.id}:{citation.start}-{citation.end}"
    return _node(node_id, citation.quote, citation.start, citation.end, article)


def _node(node_id: str, text: str, start: int, end: int, article: Article) -> TextNode:
    return TextNode(
        id_=node_id,
        text=text,
        start_char_idx=start,
        end_char_idx=end,
        # Chroma takes no None and no dates.
        metadata={
            "title": article.title or "",
            "outlet": article.outlet or "",
            "published": article.day_number,
            "source": article.source,
        },
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=article.id)},
    )
