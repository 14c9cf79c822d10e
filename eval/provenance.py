"""What the numbers of a run came from."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from eval.questions.cases import Gold
from eval.results import Provenance
from rag.library import Library
from rag.settings import Settings

__all__ = ["provenance_of"]

_PACKAGES = ("chromadb", "llama-index-core", "numpy", "onnxruntime", "openai", "tantivy")
"""Those that can change a score."""


def provenance_of(
    library: Library,
    gold: Gold,
    settings: Settings,
    *,
    writer: str,
    model: str | None,
    judge: str | None,
) -> Provenance:
    """Gather it. Nothing in it changes between two runs of the same program on one machine."""
    counts = library.counts()
    commit, dirty = _checkout()
    return Provenance(
        citewire=_version("citewire") or "not installed",
        commit=commit,
        dirty=dirty,
        python=platform.python_version(),
        packages={name: found for name in _PACKAGES if (found := _version(name))},
        machine=f"{platform.system()} {platform.machine()}",
        processors=os.cpu_count() or 0,
        settings=asdict(settings),
        settings_hash=settings.hash,
        writer=writer,
        model=model,
        judge=judge,
        gold=gold.path.name,
        gold_hash=gold.hash,
        articles=counts.articles,
        passages=counts.passages,
        sentences=counts.sentences,
        library_hash=_fingerprint(library),
    )


def _fingerprint(library: Library) -> str:
    """Twelve hexadecimal digits over the texts, wherever their files lie."""
    hashes = sorted(row.content_hash for row in library.stored())
    return hashlib.sha256("".join(hashes).encode()).hexdigest()[:12]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _checkout() -> tuple[str | None, bool | None]:
    """The commit the program runs from and whether it was changed; None where installed."""
    root = Path(__file__).parent.parent
    if not (root / ".git").exists():
        return None, None
    commit = _git(root, "rev-parse", "HEAD")
    status = _git(root, "status", "--porcelain")
    return commit or None, bool(status) if status is not None else None


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
