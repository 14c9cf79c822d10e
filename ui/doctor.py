"""What `citewire doctor` looks at."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path

from rag.claim_reader import Cited, ClaimReader
from rag.embed import Embedder
from rag.endpoint import endpoint_from
from rag.errors import CitewireError
from rag.indexes import Progress
from rag.reader import Reader, Window
from rag.settings import Settings, SettingsWithOrigins
from ui.doctor_storage import Finding, checked, stored

__all__ = ["Finding", "examine"]

_VENDORS = ("chromadb", "llama-index-core", "tantivy", "onnxruntime", "tokenizers", "trafilatura")


def examine(
    home: Path,
    settings: SettingsWithOrigins,
    *,
    fix: bool = False,
    progress: Progress = lambda done, total: None,
) -> list[Finding]:
    """Check everything that can go wrong on this machine.

    Args:
        home: the library's directory.
        settings: those in force.
        fix: mend the indexes where they are unsound, and remove what unfinished builds left.
        progress: told how many passages of how many are indexed.
    """
    return [
        Finding("versions", True, _versions()),
        checked("models", lambda: _models(settings)),
        checked("writer", lambda: _writer(settings.values)),
        *stored(home, fix=fix, progress=progress),
    ]


def _writer(settings: Settings) -> str:
    """Who would write an answer. No server is asked: `doctor` sends nothing anywhere."""
    endpoint = endpoint_from()
    reachable = endpoint.base_url is not None or endpoint.api_key is not None
    if settings.writer == "quotes" or not reachable:
        lacking = "; it is to be a model, which has no key and no base URL"
        return "quotations" + (lacking if settings.writer == "model" else ", no model")
    return f"the model {settings.model or 'that is served'} at {endpoint.host} (not asked now)"


def _versions() -> str:
    parts = [f"Python {platform.python_version()}", f"SQLite {_sqlite()}"]
    return ", ".join(parts + [f"{name} {version(name)}" for name in _VENDORS])


def _sqlite() -> str:
    import sqlite3  # noqa: PLC0415

    return sqlite3.sqlite_version


def _models(settings: SettingsWithOrigins) -> str:
    vector = Embedder(settings.values.threads).embed(["A sentence to try the embedder."])[0]
    window = Window("", ("The ferry sank in May.", "Nobody was on board."))
    (reads,) = Reader(settings.values.threads).read("When did the ferry sink?", [window])
    if reads[0].margin < reads[1].margin:
        raise CitewireError("the reader takes the wrong sentence; reinstall citewire")
    source = [Cited("", "The ferry sank in May.")]
    claims = ClaimReader(settings.values.threads)
    said, unsaid = (
        claims.margin(claim, source)
        for claim in ("The ferry sank in May.", "The ferry did not sink in May.")
    )
    if said < unsaid:
        raise CitewireError("the claim reader takes the wrong claim; reinstall citewire")
    return f"the embedder ({len(vector)} dimensions) and both readers answer, file sums right"
