"""Writing files whole."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["write_whole"]


def write_whole(path: Path, text: str) -> Path:
    """Write at one stroke: a reader sees the old file or the new one, never a half.

    Args:
        path: the file; its folder is there.
        text: its content. Half a surrogate pair has no UTF-8 and becomes U+FFFD.

    Raises:
        OSError: it can't be written; the old file is as it was.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(re.sub("[\ud800-\udfff]", "\ufffd", text).encode())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path
