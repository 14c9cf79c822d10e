"""What `citewire doctor` looks at."""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from rag.claim_reader import Cited, ClaimReader
from rag.embed import Embedder
from rag.endpoint import endpoint_from
from rag.errors import CitewireError
from rag.indexes import Indexes
from rag.library import Library
from rag.lock import writer_lock
from rag.probe import probe
from rag.reader import Reader, Window
from rag.settings import Settings, SettingsWithOrigins

__all__ = ["Finding", "examine"]

_VENDORS = ("chromadb", "llama-index-core", "tantivy", "onnxruntime", "tokenizers", "trafilatura")


class Finding(NamedTuple):
    """What one check found."""

    check: str
    ok: bool
    detail: str
    exit_code: int = 3
    """What the command exits with when it is not ok."""


def examine(home: Path, settings: SettingsWithOrigins, *, fix: bool = False) -> list[Finding]:
    """Check everything that can go wrong on this machine.

    Args:
        home: the library's directory.
        settings: those in force.
        fix: rebuild the indexes where they are unsound.
    """
    findings = [
        Finding("versions", True, _versions()),
        _checked("models", lambda: _models(settings)),
        _checked("writer", lambda: _writer(settings.values)),
        Finding("home", True, str(home)),
    ]
    if not Library.exists(home):
        findings.append(Finding("library", True, "none yet; `citewire ingest FOLDER` makes one"))
        return findings
    findings.append(_checked("library", lambda: _library(home)))
    if findings[-1].ok:
        findings.append(_checked("indexes", lambda: _indexes(home, fix)))
    return findings


def _writer(settings: Settings) -> str:
    """Who would write an answer. No server is asked: `doctor` sends nothing anywhere."""
    endpoint = endpoint_from()
    reachable = endpoint.base_url is not None or endpoint.api_key is not None
    if settings.writer == "quotes" or not reachable:
        lacking = "; it is to be a model, which has no key and no base URL"
        return "quotations" + (lacking if settings.writer == "model" else ", no model")
    return f"the model {settings.model or 'that is served'} at {endpoint.host} (not asked now)"


def _checked(check: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(check, True, look())
    except CitewireError as exc:
        return Finding(check, False, str(exc), exc.exit_code)


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


def _library(home: Path) -> str:
    with Library(home) as library:
        problems = library.check()
        if problems:
            raise CitewireError(
                f"{problems[0]} (and {len(problems) - 1} more): put a copy of yours in its place,"
                " or move library.db away and ingest again"
            )
        n = library.counts()
    return f"sound: {n.articles} articles, {n.passages} passages, {n.sentences} sentences"


def _indexes(home: Path, fix: bool) -> str:
    fault = probe(home)
    if fault is None:
        return "current; searches for known vectors find them"
    if not fix:
        raise CitewireError(
            f"the indexes {fault}; `citewire doctor --fix` rebuilds them, and so does the next"
            " question that notices"
        )
    with writer_lock(home), Library(home) as library:
        Indexes(home, library).rebuild()
    left = probe(home)
    if left:
        raise CitewireError(f"rebuilt, and yet the indexes {left}")
    return f"rebuilt from the library (the old ones: {fault})"
