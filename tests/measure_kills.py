"""Kills ingests at bad moments and says what that did: `python -m tests.measure_kills`.

Then kills an ingest into a large library while its indexes are written, and measures how long
it takes until it is ready again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import ROOT
from tests.invented_library import fill
from tests.kill_rounds import kill_rounds
from tests.self_queries import wrong_self_queries


def _killed_at_large(home: Path, passages: int, *, anew: bool) -> float:
    """Kill the mending of a large library's indexes half way; seconds till it is ready again."""
    if anew:
        (home / "index" / "current.json").unlink(missing_ok=True)
    before = set((home / "index").glob("*-*"))
    process = subprocess.Popen([sys.executable, "-m", "rag.index_mending", str(home)], cwd=ROOT)
    while process.poll() is None:
        new = set((home / "index").glob("*-*/chroma/*/index_metadata.pickle"))
        if any(not any(p.is_relative_to(b) for b in before) for p in new):
            break
        time.sleep(0.005)
    process.kill()
    process.wait()
    began = time.monotonic()
    wrong = wrong_self_queries(home, every=max(1, passages // 1000))
    if wrong:
        print(f"wrong self-queries: {len(wrong)}, such as {wrong[0]}")
    return time.monotonic() - began


def main() -> int:
    """Measure, print, and fail where anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--passages", type=int, default=10_000, help="of the large library")
    parser.add_argument("--fork", action="store_true", help="start ingests faster, as forks")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="citewire-kills-") as name:
        folder, began = Path(name), time.monotonic()
        outcome = kill_rounds(args.kills, folder, args.seed, args.workers, forked=args.fork)
        print(f"{outcome.kills} kills in {time.monotonic() - began:.0f} s, seed {args.seed}:")
        for moment, n in sorted(outcome.by_moment.items()):
            print(f"  {n:4} at {moment}")
        print(f"acknowledged articles lost: {len(outcome.lost)}")
        print(f"duplicates: {len(outcome.duplicates)}")
        print(f"wrong self-queries: {len(outcome.wrong)}")
        print(f"other problems: {len(outcome.problems)} {outcome.problems[:3]}")
        print(f"openings that mended the indexes: {outcome.mended}")
        print(f"longest check: {outcome.longest_s:.1f} s")
        large = folder / "large"
        fill(large, args.passages // 10)
        for what, anew in (("all indexes", True), ("what changed", False)):
            if not anew:
                fill(large, 20, first=args.passages)
            ready = _killed_at_large(large, args.passages, anew=anew)
            print(
                f"ready at {args.passages:,} passages, killed while writing {what}: {ready:.0f} s"
            )
    return int(bool(outcome.lost or outcome.duplicates or outcome.wrong or outcome.problems))


if __name__ == "__main__":
    sys.exit(main())
