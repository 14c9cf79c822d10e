"""Proves a folder of indexes in a process of its own.

A damaged Chroma index can crash the process that opens it, or answer wrongly while its count
is right, so `python -m rag.index_probe HOME FOLDER` opens it elsewhere and searches for what
must be found.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from rag.child_process import started
from rag.index_check import fault_of
from rag.index_faults import Unfit, unfit
from rag.library import Library

__all__ = ["probed"]

_SAMPLE = 50
_SECONDS = 120


def probed(home: Path, folder: Path) -> str | None:
    """What is wrong with the indexes in the folder, in one clause; None where nothing is."""
    with started("rag.index_probe", str(home), str(folder)) as process:
        try:
            told, _ = process.communicate(timeout=_SECONDS)
        except BaseException as exc:
            process.kill()
            if not isinstance(exc, subprocess.TimeoutExpired):
                raise
            return f"took longer than {_SECONDS} s to open"
    if process.returncode < 0:
        return f"crashed the process that opened them (signal {-process.returncode})"
    if process.returncode:
        lines = told.strip().splitlines()
        return lines[-1] if lines else f"could not be probed (exit code {process.returncode})"
    return None


def _main(home: Path, folder: Path) -> int:
    try:
        with Library(home) as library, unfit("can't be opened"):
            fault = fault_of(folder, library, sample=_SAMPLE, facts=True)
    except Unfit as exc:
        fault = str(exc)
    if fault:
        print(fault)
    return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1]), Path(sys.argv[2])))
