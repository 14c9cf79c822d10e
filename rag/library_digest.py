"""What indexes take from a library, in a few bytes an article: what changed shows in them."""

from __future__ import annotations

import hashlib
from itertools import groupby
from typing import NamedTuple

from rag.database import Database

__all__ = ["Held", "digests"]


class Held(NamedTuple):
    """One article, as indexes hold it."""

    digest: str
    """Changes with its text, its facts, its furniture, its passages or their vectors."""
    passages: tuple[str, ...]
    """Their ids, in order."""


def digests(db: Database) -> dict[str, Held]:
    """Every article with at least one passage, by its id."""
    facts = {
        row[0]: repr(row[1:])
        for row in db.rows(
            "SELECT id, source, title, outlet, published, skipped, content_hash FROM articles"
        )
    }
    rows = db.stream("SELECT article_id, id, vector FROM passages ORDER BY article_id, n")
    held: dict[str, Held] = {}
    for article_id, passages in groupby(rows, key=lambda row: row[0]):
        digest = hashlib.blake2b(facts.get(article_id, "").encode(), digest_size=12)
        ids = []
        for _, passage_id, vector in passages:
            digest.update(passage_id.encode() + vector)
            ids.append(passage_id)
        held[article_id] = Held(digest.hexdigest(), tuple(ids))
    return held
