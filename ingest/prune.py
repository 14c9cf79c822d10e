"""Removing the articles of files that are gone, unless that looks like a mistake."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from ingest.files import FoundFile, shown
from ingest.run import Run
from rag.errors import NotFound
from rag.library import StoredArticle

__all__ = ["prune_with"]

_FEW = 3
"""So many articles may go whatever share of a folder they are."""


def prune_with(
    run: Run, paths: Sequence[Path], files: Sequence[FoundFile], *, force: bool
) -> list[str]:
    """Remove articles whose file was in one of the folders and is gone, or that left their file.

    They can be brought back as what `citewire delete` removes.

    Args:
        run: has read what is there.
        paths: the files and folders that were named.
        files: all that is there.
        force: remove them whatever share of a folder they are.

    Returns:
        The sources of those removed.

    Raises:
        NotFound: a folder has no files any more, or a folder or file has lost most of its
            articles, as when a disk is not there; then nothing is removed.
    """
    places = {Path(os.path.normpath(p.absolute())): p.is_dir() for p in paths}
    lost = _lost(run, [place for place, is_folder in places.items() if is_folder], files)
    for place, is_folder in () if force else places.items():
        gone, held = _within(place, lost), _within(place, run.catalogue)
        empty = is_folder and not any(f.path.is_relative_to(place) for f in files)
        if gone and empty:
            raise NotFound(
                f"There are no files in {shown(place)}, so nothing was removed: all of its {held}"
                f" article{'s' * (held != 1)} would go. Check that its disk is there, or add"
                " --force."
            )
        if gone > _FEW and gone > held / 2:
            raise NotFound(
                f"{gone} of the {held} articles from {shown(place)} would go, so nothing was"
                " removed. Check that its disk is there and its files are whole, or add --force."
            )
    run.remove(lost)
    return [row.source for row in lost]


def _lost(run: Run, folders: Sequence[Path], files: Sequence[FoundFile]) -> list[StoredArticle]:
    there = {str(f.path) for f in files}
    return [
        row
        for row in run.catalogue
        if (
            run.has_left(row)
            if row.file in there
            else any(Path(row.file).is_relative_to(folder) for folder in folders)
            and not run.catalogue.is_there(row)
        )
    ]


def _within(place: Path, rows: Iterable[StoredArticle]) -> int:
    """How many articles are from a file, or from files in a folder."""
    return sum(Path(row.file).is_relative_to(place) for row in rows)
