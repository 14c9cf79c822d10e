"""Replies of models on disk, so that the same question costs nothing twice.

A reply is found again only under the same server, model, messages and request settings.
Files that cannot be read count as absent, and a disk that takes none costs nothing but that.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from rag.llm import Completion

__all__ = ["ReplyCache", "replies_of"]

_MOST = 5_000
"""Replies kept; the oldest go first. One takes a kilobyte or two."""
_CHECKED_EVERY = 100
_DAMAGE = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
"""What reading a file of any other shape may raise."""


def replies_of(home: Path) -> Path:
    """Where a library's replies are kept."""
    return home / "replies"


class ReplyCache:
    """A folder of replies, each in a file named after what was asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written = 0

    @staticmethod
    def key(request: Mapping[str, object]) -> str:
        """What a request's reply is kept under: 64 hexadecimal digits.

        Args:
            request: everything that decides what the reply will be, as JSON could hold it.
        """
        text = json.dumps(request, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def get(self, key: str) -> Completion | None:
        """The reply, with the seconds it once took; None where there is none."""
        with suppress(OSError, *_DAMAGE):
            row = json.loads((self._folder / f"{key}.json").read_bytes())
            if row["sha256"] == _sha256(row["text"]):
                return Completion(
                    str(row["text"]),
                    int(row["prompt_tokens"]),
                    int(row["completion_tokens"]),
                    str(row["model"]),
                    float(row["seconds"]),
                )
        return None

    def put(self, key: str, reply: Completion) -> None:
        """Keep a whole reply."""
        row = {**reply._asdict(), "sha256": _sha256(reply.text)}
        part = self._folder / f"{secrets.token_hex(8)}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps(row), encoding="utf-8")
            part.replace(self._folder / f"{key}.json")
        except OSError:
            with suppress(OSError):
                part.unlink()
            return
        with suppress(OSError):
            if self._written % _CHECKED_EVERY == 0:
                self._prune()
            self._written += 1

    def clear(self) -> None:
        """Forget all of it: articles' words stand in replies, too."""
        for path in self._files():
            with suppress(OSError):
                path.unlink()

    def _prune(self) -> None:
        ages = sorted((entry.stat().st_mtime, entry) for entry in self._files())
        for _, path in ages[: max(0, len(ages) - _MOST)]:
            path.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        with suppress(OSError):
            return [
                Path(entry.path)
                for entry in os.scandir(self._folder)
                if entry.name.endswith((".json", ".part"))
            ]
        return []


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
