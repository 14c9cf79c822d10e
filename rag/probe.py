"""Proves the indexes by asking them, in a process of its own.

A damaged Chroma index can crash the process that opens it, or answer wrongly while its
count is right, so `python -m rag.probe HOME` opens it elsewhere and searches for vectors
that must be found.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from rag.index_vectors import VectorIndex
from rag.indexes import Indexes
from rag.library import Library
from rag.types import Filters

__all__ = ["probe"]

_SAMPLE = 50
_SECONDS = 120


def probe(home: Path) -> str | None:
    """What is wrong with the indexes, in one clause; None where nothing is."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "rag.probe", str(home)],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"took longer than {_SECONDS} s to open"
    if done.returncode < 0:
        return f"crashed the process that opened them (signal {-done.returncode})"
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()
        return lines[-1] if lines else f"could not be probed (exit code {done.returncode})"
    return None


def _fault(home: Path) -> str | None:
    with Library(home) as library:
        try:
            opened = Indexes(home, library).open_current()
        except Exception as exc:  # the vendors raise many kinds; the clause names it
            return str(exc) or type(exc).__name__
        if not isinstance(opened.vectors, VectorIndex):
            return "are not in use"
        rows = list(library.vectors())
        for passage_id, vector in rows[:: max(1, len(rows) // _SAMPLE)]:
            # Copies of one passage share a vector, so the score decides, not the id.
            found = opened.vectors.search(vector, 1, Filters())
            if not found or found[0][1] < 0.999:
                return f"do not find the passage {passage_id} by its own vector"
        opened.close()
    return None


if __name__ == "__main__":
    fault = _fault(Path(sys.argv[1]))
    if fault:
        print(fault)
    sys.exit(1 if fault else 0)
