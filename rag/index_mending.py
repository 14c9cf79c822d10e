"""Mends a library's indexes in the background: `python -m rag.index_mending HOME`.

A process of its own, so that those who ask meanwhile are served at full speed, and a crash of
Chroma's is none of theirs.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from rag.errors import CitewireError, LibraryBusy
from rag.indexes import Indexes
from rag.library import Library

__all__: list[str] = []


def _main(home: Path) -> int:
    with suppress(AttributeError, OSError):
        os.nice(5)
    try:
        with Library(home) as library:
            Indexes(home, library).mend(lambda told: print(told, flush=True))
    except LibraryBusy:
        return LibraryBusy.exit_code  # the writer mends them at its end
    except CitewireError as exc:
        print(exc)
        return exc.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1])))
