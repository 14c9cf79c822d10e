from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.pipeline import IngestReport
from rag.engine import Engine
from rag.errors import NotFound
from rag.library import Library
from rag.settings import Settings
from rag.standing import as_cited, changed_since, mark_of
from rag.types import Answer, Citation
from tests.conftest import OTHER, STORY

Take = Callable[..., IngestReport]


@pytest.fixture
def cited(take: Take, folder: Path, home: Path) -> Citation:
    (folder / "a.txt").write_text(STORY)
    (folder / "b.txt").write_text(OTHER)
    take()
    with Engine(home, Settings(answer_threshold=0.2)) as engine:
        answer: Answer = engine.ask("How many people were injured?")
    return next(c for c in answer.citations if "fourteen" in c.quote.lower())


def write(folder: Path, take: Take, text: str) -> None:
    (folder / "a.txt").write_text(text)
    take()


def test_words_that_are_still_there_are_of_today(home: Path, cited: Citation) -> None:
    with Library(home) as library:
        found = as_cited(library, cited.article_id, cited.start, cited.end, mark_of(cited.quote))
        assert (found.replaced_at, found.found) == (None, True)
        assert changed_since(library, [cited]) == {}


def test_words_of_an_earlier_version_are_shown_in_it(
    take: Take, folder: Path, home: Path, cited: Citation
) -> None:
    write(folder, take, STORY.replace("fourteen", "fifteen"))
    write(folder, take, STORY.replace("fourteen", "sixteen"))
    with Library(home) as library:
        found = as_cited(library, cited.article_id, cited.start, cited.end, mark_of(cited.quote))
        assert found.article.text[cited.start : cited.end] == cited.quote
        assert found.replaced_at is not None and found.found
        assert found.replaced_at == library.versions(cited.article_id)[1].replaced_at
        assert changed_since(library, [cited]) == {cited: "changed"}


def test_a_change_elsewhere_in_the_article_leaves_a_citation_as_it_was(
    take: Take, folder: Path, home: Path, cited: Citation
) -> None:
    write(folder, take, f"{STORY}\nThe harbour was closed for a day.\n")
    with Library(home) as library:
        assert changed_since(library, [cited]) == {}


def test_words_that_no_version_has_are_not_made_up(
    take: Take, folder: Path, home: Path, cited: Citation
) -> None:
    write(folder, take, STORY.replace("fourteen", "fifteen"))
    with Library(home) as library:
        found = as_cited(library, cited.article_id, cited.start, cited.end, mark_of("other words"))
        assert (found.replaced_at, found.found) == (None, False)
        assert "fifteen" in found.article.text


def test_a_deleted_article_counts_as_changed(home: Path, cited: Citation) -> None:
    with Library(home) as library:
        library.remove([cited.article_id])
        assert changed_since(library, [cited]) == {cited: "gone"}
        with pytest.raises(NotFound):
            as_cited(library, cited.article_id, cited.start, cited.end, mark_of(cited.quote))
