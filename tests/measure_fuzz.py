"""Gives spoilt files of every format to the processes that read: `python -m tests.measure_fuzz`.

Each case is told by its seed: `--only 12345` reads that one alone. Fails where a reading process
dies or gives anything that it must not, where one takes longer than ingest waits, and where one
takes more than 1 GB of memory.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from ingest.files import FoundFile
from ingest.formats.part import BadPart, ReadOptions
from ingest.parsed import Event, FileRead, Parsed, Rejected, Rules, Task
from ingest.readers import DEADLINE_S, Readers
from tests.mutations import mutated
from tests.sample_files import SAMPLES

FAULTS = ("crash", "hang", "memory", "unsound", "unexpected")
"""What must not be. `unsound` is an article that can't be stored or addressed; `unexpected` a
reason that names an exception, or that can't be printed."""
MOST_MB = 1000
RULES = Rules(ReadOptions(), passage_words=170, overlap_sentences=1)
_EXCEPTION = re.compile(r"\b(?!MemoryError)[A-Z]\w*(?:Error|Exception|Warning)\b|\(None\)")


@dataclass
class Tally:
    """What became of the cases of one format."""

    cases: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, int] = (0.0, 0)
    """Seconds, and the seed."""
    largest: tuple[int, int] = (0, 0)
    """Peak of the process's memory in MB, and the seed."""
    faults: list[tuple[str, int, str]] = field(default_factory=list)
    """One of `FAULTS`, the seed, and what was said."""


def verdict_on(events: Sequence[Event]) -> tuple[str, str]:  # noqa: PLR0911
    """How a file ended, and what was said."""
    last = events[-1] if events else None
    if not isinstance(last, Rejected | FileRead) or not all(
        isinstance(e, Parsed | BadPart) for e in events[:-1]
    ):
        return "crash", f"events {[type(e).__name__ for e in events]}"
    for event in events:
        if isinstance(event, Parsed) and (wrong := wrong_with(event)):
            return "unsound", wrong
        if isinstance(event, Rejected | BadPart):
            said = event.reason
            if said.startswith("broke the program"):
                return "crash", said
            if said.startswith("took longer"):
                return "hang", said
            if _EXCEPTION.search(said) or not said.isprintable():
                return "unexpected", said
    if isinstance(last, Rejected):
        return ("cut short" if len(events) > 1 else "rejected"), last.reason
    bad = sum(isinstance(e, BadPart) for e in events)
    return ("read" if not bad else "in part" if bad < len(events) - 1 else "nothing"), ""


def wrong_with(parsed: Parsed) -> str | None:
    """What can't be stored or addressed of an article."""
    article, at = parsed.article, 0
    for sentence in parsed.sentences:
        quote = article.text[sentence.start : sentence.end]
        if sentence.start < at or len(quote) != sentence.end - sentence.start or not quote.strip():
            return f"a sentence at {sentence.start}–{sentence.end} of {len(article.text)}"
        at = sentence.end
    for name in ("text", "title", "outlet", "byline", "url"):
        value = getattr(article, name)
        try:
            (value or "").encode()
        except UnicodeEncodeError:
            return f"half of a surrogate pair in its {name}"
        if name != "text" and value is not None and (value == "" or "\n" in value):
            return f"{name} {value!r}"
    return None


def case_of(seed: int) -> tuple[str, bytes]:
    """The extension and the content of the case with that seed."""
    rng = random.Random(seed)
    suffix = list(SAMPLES)[seed % len(SAMPLES)]
    others = [content for contents in SAMPLES.values() for content in contents]
    return suffix, mutated(rng.choice(SAMPLES[suffix]), others, rng)


class Measure:
    """Reads case after case in one process, as ingest does."""

    def __init__(self, folder: Path, deadline_s: float) -> None:
        self._folder = folder
        self._readers = Readers(1, RULES, deadline_s)
        self.tallies = {suffix: Tally() for suffix in SAMPLES}

    def close(self) -> None:
        """End the process."""
        self._readers.close()

    def read(self, seed: int) -> tuple[str, Path]:
        """Read one case; how it ended, and where it is."""
        suffix, content = case_of(seed)
        path = self._folder / f"case-{seed}{suffix}"
        path.write_bytes(content)
        began = time.monotonic()
        ((_, events),) = [
            (task, list(found))
            for task, found in self._readers.read([Task(FoundFile(path, self._folder))])
        ]
        took = time.monotonic() - began
        outcome, said = verdict_on(events)
        tally = self.tallies[suffix]
        if (peak := self._peak_mb()) > MOST_MB:
            outcome, said = "memory", f"{peak:,} MB"
        tally.cases += 1
        tally.outcomes[outcome] += 1
        tally.slowest = max(tally.slowest, (took, seed))
        tally.largest = max(tally.largest, (peak, seed))
        if outcome in FAULTS:
            tally.faults.append((outcome, seed, said))
        return outcome, path

    def _peak_mb(self) -> int:
        """The most memory that the process had since it was asked last; 0 where it has died."""
        process = self._readers._processes[0]
        if process is None:
            return 0
        own = Path("/proc") / str(process._process.pid)
        try:
            found = re.search(r"VmHWM:\s*(\d+)", (own / "status").read_text())
            (own / "clear_refs").write_text("5")
        except OSError:  # it has died, or this is no Linux
            return 0
        return int(found[1]) // 1000 if found else 0


def main() -> int:
    """Measure, print, and fail where something is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1, help="of the first case")
    parser.add_argument("--only", type=int, help="read this one case")
    parser.add_argument("--keep", type=Path, help="a folder for the cases that show a fault")
    parser.add_argument(
        "--deadline", type=float, default=DEADLINE_S, help="seconds a file may take"
    )
    args = parser.parse_args()
    until = time.monotonic() + args.minutes * 60
    with tempfile.TemporaryDirectory(prefix="citewire-fuzz-") as name:
        measure = Measure(Path(name), args.deadline)
        try:
            for seed in [args.only] if args.only is not None else count(args.seed * 1_000_000):
                outcome, path = measure.read(seed)
                if args.keep and (outcome in FAULTS or args.only is not None):
                    args.keep.mkdir(parents=True, exist_ok=True)
                    (args.keep / path.name).write_bytes(path.read_bytes())
                path.unlink()
                if time.monotonic() > until:
                    break
        finally:
            measure.close()
    return report(measure.tallies)


def report(tallies: dict[str, Tally]) -> int:
    """Print a line for each format and one for each fault; the exit code."""
    print("format      cases  slowest                  most memory              outcomes")
    for suffix, tally in tallies.items():
        if tally.cases:
            told = ", ".join(f"{n} {what}" for what, n in tally.outcomes.most_common())
            slowest = f"{tally.slowest[0]:.1f} s (case {tally.slowest[1]})"
            largest = f"{tally.largest[0]} MB (case {tally.largest[1]})"
            print(f"{suffix:10} {tally.cases:6}  {slowest:24} {largest:24} {told}")
    faults = [fault for tally in tallies.values() for fault in tally.faults]
    for what, seed, said in faults:
        print(f"{what} in case {seed}: {said}")
    print(f"{sum(t.cases for t in tallies.values()):,} cases, {len(faults)} faults")
    return int(any(what != "unexpected" for what, _, _ in faults))


if __name__ == "__main__":
    sys.exit(main())
