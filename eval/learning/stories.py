"""Which stories of our own files count, and where they lie."""

from __future__ import annotations

from pathlib import Path

__all__ = ["folder_of", "stories_of"]


def folder_of(path: Path) -> Path:
    """The articles of a gold file: the folder of its name beside it, else near it.

    `pairs/t01.yaml` has stories of its own; `pairs/b01.yaml` asks those of `b01.yaml`, and
    `para/t01.yaml` those of `pairs/t01.yaml`.
    """
    up = path.parent.parent
    places = (path.with_suffix(""), up / path.stem, up / "pairs" / path.stem)
    return next((place for place in places if place.is_dir()), places[0])


def stories_of(text: str) -> list[str]:
    """`15-18` as the numbers of stories; all, as an empty list, where nothing is given."""
    low, _, high = text.partition("-")
    return [f"{n:02}" for n in range(int(low), int(high or low) + 1)] if text else []
