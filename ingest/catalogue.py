"""What a library holds and what a run adds to it: by source, by text, by file."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from rag.library import Library, StoredArticle

__all__ = ["Catalogue"]


class Catalogue:
    """The articles that are stored or about to be."""

    def __init__(self, library: Library) -> None:
        self._by_source: dict[str, StoredArticle] = {}
        self._by_content: dict[str, StoredArticle] = {}
        self._by_file: defaultdict[str, dict[str, StoredArticle]] = defaultdict(dict)
        self._ids: set[str] = set()
        for row in library.stored():
            self.add(row)

    def __iter__(self) -> Iterator[StoredArticle]:
        return iter(list(self._by_source.values()))

    def at(self, source: str) -> StoredArticle | None:
        """The article of this source."""
        return self._by_source.get(source)

    def of(self, file: str) -> list[StoredArticle]:
        """The articles of this file, in the order they came."""
        return list(self._by_file.get(file, {}).values())

    def like(self, content_hash: str) -> StoredArticle | None:
        """An article with this very text."""
        return self._by_content.get(content_hash)

    def is_there(self, row: StoredArticle) -> bool:
        """Whether its file is still where it was; addresses are taken to be.

        So are files that can't be looked for: their folder may be shut, or their disk broken.
        """
        try:
            return "://" in row.file or bool(Path(row.file).stat())
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return False
        except OSError:
            return True

    def add(self, row: StoredArticle) -> None:
        """Take an article in, in the place of one of the same source."""
        if (old := self._by_source.get(row.source)) is not None:
            self.drop(old)
        self._by_source[row.source] = row
        self._by_content[row.content_hash] = row
        self._by_file[row.file][row.source] = row
        self._ids.add(row.id)

    def drop(self, row: StoredArticle) -> None:
        """Forget an article."""
        self._by_source.pop(row.source, None)
        self._by_file[row.file].pop(row.source, None)
        if self._by_content.get(row.content_hash) == row:
            del self._by_content[row.content_hash]

    def free_id(self, wanted: str) -> str:
        """The id, or another where an article that has moved and changed took it along."""
        while wanted in self._ids:
            wanted = "a" + hashlib.sha256(wanted.encode()).hexdigest()[:10]
        return wanted
