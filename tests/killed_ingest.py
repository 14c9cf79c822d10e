"""`python -m ui.cli ingest …` that prints the ids of all articles after each commit.

What is printed is acknowledged: whatever happens to the process, it has to be there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rag.database import Database
from ui.cli import main

__all__ = ["run"]

_transaction = Database.transaction
_known: set[str] = set()


@contextmanager
def _told(self: Database, bump: bool = True) -> Iterator[None]:
    with _transaction(self, bump):
        yield
    new = {row[0] for row in self.rows("SELECT id FROM articles")} - _known
    _known.update(new)
    for article_id in new:
        print("stored", article_id, flush=True)


def run(arguments: Sequence[str]) -> int:
    """`citewire ARGUMENTS`, with each commit acknowledged on standard output."""
    setattr(Database, "transaction", _told)  # noqa: B010 - mypy takes no assignment to a method
    return main(arguments)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
