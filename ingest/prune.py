"""Removing the articles of files that are gone, unless that looks like a mistake."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ingest.files import FoundFile
from ingest.run import Run
from rag.errors import NotFound

__all__ = ["prune_with"]

_FEW = 3
"""So many articles may go whatever share of a folder they are."""


def prune_with(
    run: Run, folders: Sequence[Path], files: Sequence[FoundFile], *, force: bool
) -> list[str]:
    """Remove articles whose file was in one of the folders and is gone.

    Args:
        run: has read what is there.
        folders: those that were named.
        files: all that is there.
        force: remove them whatever share of a folder they are.

    Returns:
        The sources of those removed.

    Raises:
        NotFound: a folder has no files any more, or has lost most of its articles, as when a
            disk is not there; then nothing is removed.
    """
    lost = run.lost(folders, files)
    if not force:
        for folder in folders:
            held = run.held(folder)
            gone = sum(Path(row.file).is_relative_to(folder) for row in lost)
            empty = not any(f.path.is_relative_to(folder) for f in files)
            if gone and empty:
                raise NotFound(
                    f"There are no files in {folder}, so none of its {held} articles was removed;"
                    " check that its disk is there, or add --force."
                )
            if gone > _FEW and gone > held / 2:
                raise NotFound(
                    f"{gone} of the {held} articles from {folder} would go, so none was removed;"
                    " check that its disk is there, or add --force."
                )
    run.remove(lost)
    return [row.source for row in lost]
