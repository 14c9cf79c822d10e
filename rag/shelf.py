"""What people do to articles in a library: delete them, bring them back, put facts right.

Each holds the writer lock and is one transaction, after which the indexes are brought up to
date. If the process dies before that, they are rebuilt from the library when next opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from rag.article_vectors import vectors_of
from rag.corrections import KEEP, Corrections, Keep, checked
from rag.embed import Embedder
from rag.errors import EmptyLibrary
from rag.indexes import Indexes
from rag.library import Library
from rag.lock import writer_lock
from rag.removed import DAYS_KEPT, MOST_KEPT, RemovedArticle
from rag.reply_cache import ReplyCache, replies_of
from rag.types import Article

__all__ = [
    "DAYS_KEPT",
    "KEEP",
    "MOST_KEPT",
    "Keep",
    "RemovedArticle",
    "delete",
    "edit",
    "removed",
    "undelete",
]


def delete(home: Path, ids: Sequence[str]) -> tuple[Article, ...]:
    """Remove articles from the library; `undelete` brings them back for 30 days.

    Of more than 1,000 deleted articles, those deleted first are dropped earlier.

    Args:
        home: where the library lives.
        ids: the articles' ids, or their beginnings.

    Raises:
        NotFound: an id is of no article, or of several; then nothing is removed.
        LibraryBusy: another process is writing.
    """
    with _opened(home) as library:
        # By id, so that one named twice counts once; unchecked, so that damaged ones can go.
        articles = {a.id: a for a in map(library.unchecked, ids)}
        passages = [p for article_id in articles for p in library.passage_ids(article_id)]
        base = library.generation
        library.take_out(articles)
        _follow(home, library, base, [], passages)
    return tuple(articles.values())


def undelete(home: Path, ids: Sequence[str]) -> tuple[Article, ...]:
    """Put deleted articles back as they were: ids, texts, vectors and corrections.

    Args:
        home: where the library lives.
        ids: the ids that they had, or their beginnings.

    Raises:
        NotFound: an id is of no deleted article, or of several; then none is put back.
        SettingsError: the file or the text of one of them is in the library again; likewise.
        LibraryBusy: another process is writing.
    """
    with _opened(home) as library:
        base = library.generation
        articles = library.put_back(dict.fromkeys(ids))
        _follow(home, library, base, [a.id for a in articles], [])
    return articles


def removed(home: Path) -> list[RemovedArticle]:
    """The deleted articles that can be brought back, the last deleted first."""
    if not Library.exists(home):
        return []
    with Library(home) as library:
        return library.removed()


def edit(
    home: Path,
    article_id: str,
    *,
    outlet: str | Keep | None = KEEP,
    published: date | Keep | None = KEEP,
    title: str | Keep | None = KEEP,
) -> Article:
    """Put right what is known of an article. That outlives its file being ingested again.

    Args:
        home: where the library lives.
        article_id: the article's id, or its beginning.
        outlet: who published it; None or nothing but blanks for unknown.
        published: on which day; None for unknown.
        title: likewise.

    Raises:
        SettingsError: a name can't be printed or is too long, or no article can be of that day.
        NotFound: the id is of no article, or of several.
        LibraryBusy: another process is writing.
    """
    changes = checked(outlet, published, title)
    with _opened(home) as library:
        old = library.article(article_id)
        if changes == Corrections():
            return old
        article = changes.applied(old)
        ids = library.passage_ids(article.id)
        # A text's vector depends a little on the texts it is embedded with, so all are made
        # anew: they are those that a file with these facts would have.
        vectors = vectors_of(
            article, library.sentences(article.id), list(library.passages(ids).values()), Embedder()
        )
        base = library.generation
        library.correct(article, library.corrections(article.id).then(changes), vectors)
        _follow(home, library, base, [article.id], ids)
    return article


@contextmanager
def _opened(home: Path) -> Iterator[Library]:
    if not Library.exists(home):
        raise EmptyLibrary(
            f"The library in {home} has no articles yet; fill it with `citewire ingest FOLDER`."
        )
    with writer_lock(home), Library(home) as library:
        yield library


def _follow(
    home: Path, library: Library, base: int, added: Sequence[str], gone: Sequence[str]
) -> None:
    # What models wrote holds the articles' words.
    ReplyCache(replies_of(home)).clear()
    Indexes(home, library).catch_up(base, added, gone)
