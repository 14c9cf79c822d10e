"""Parts of Citewire run in processes of their own, which may crash without taking this one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["started"]

_PACKAGES = str(Path(__file__).parent.parent)


def started(module: str, *arguments: str) -> subprocess.Popen[str]:
    """`python -m MODULE ARGUMENTS`, with this very Citewire and both outputs in one pipe."""
    known = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([_PACKAGES, known] if known else [_PACKAGES])
    return subprocess.Popen(
        # -P: what lies in the current directory is never taken for a part of ours.
        [sys.executable, "-P", "-m", module, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"},
    )
