"""How the articles of one file are told apart: by what stands behind `#` in their source."""

from __future__ import annotations

__all__ = ["key_of", "source_of"]


def source_of(file: str, key: str | None) -> str:
    """The source of an article.

    Args:
        file: the path or address of its file.
        key: its name in a file that holds several; None where the file is one article.
    """
    return file if key is None else f"{file}#{key}"


def key_of(file: str, source: str) -> str | None:
    """The key that a source of an article in the file was made with."""
    return None if source == file else source[len(file) + 1 :]
