"""Which stories of our own files count, and where they lie."""

from __future__ import annotations

from pathlib import Path

__all__ = ["folder_of", "stories_of"]


def folder_of(path: Path) -> Path:
    """The articles of a gold file: the folder of its name beside it, else one level up.

    `pairs/t01.yaml` has stories of its own; `pairs/b01.yaml` asks those of `b01.yaml`.
    """
    own = path.with_suffix("")
    return own if own.is_dir() else path.parent.parent / path.stem


def stories_of(text: str) -> list[str]:
    """`15-18` as the numbers of stories; all, as an empty list, where nothing is given."""
    low, _, high = text.partition("-")
    return [f"{n:02}" for n in range(int(low), int(high or low) + 1)] if text else []
