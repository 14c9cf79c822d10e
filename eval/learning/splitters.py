"""Compares sentence splitters with sentences labelled by hand (``eval/gold/sentences.json``).

Run as ``python -m eval.learning.splitters [REPORTS_DIR]``. The labels of the real reports are
offsets only: without the folder that has these reports, only the made-up paragraphs are compared.
"""

import argparse
import hashlib
import importlib
import itertools
import json
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from ingest.sentences import STOP, punkt, refine

Splitter = Callable[[str], Iterable[int]]
"""Takes a paragraph without line breaks; gives the offsets at which its sentences end."""

_GOLD = Path(__file__).parent.parent / "gold" / "sentences.json"


class Paragraph(NamedTuple):
    """A labelled paragraph; an end in ``free`` is a matter of convention and not scored."""

    text: str
    ends: list[int]
    free: list[int]


def _load(module: str) -> Any:
    return importlib.import_module(module)


def _end(span: Any) -> int:
    return int(span.end if hasattr(span, "end") else span[1])


def _ends(spans: Callable[[str], Iterable[Any]]) -> Splitter:
    return lambda text: [_end(span) for span in spans(text)]


def _visible(text: str) -> int:
    return len("".join(text.split()))


def _pieces(cut: Callable[[str], Iterable[str]]) -> Splitter:
    """Finds the offsets of a splitter that gives strings and may change white space."""

    def ends(text: str) -> list[int]:
        visible = [at for at, char in enumerate(text) if not char.isspace()]
        seen, found = 0, []
        for piece in cut(text):
            seen += _visible(piece)
            found.append(visible[seen - 1] + 1)
        return found

    return ends


def _syntok(analyze: Any) -> Splitter:
    return lambda text: [s[-1].offset + len(s[-1].value) for part in analyze(text) for s in part]


def _blingfire(spans: Any) -> Splitter:
    return lambda text: [end for _, end in spans(text)[1]]


def _refined(name: str) -> Splitter:
    cut = CANDIDATES[name]()
    return lambda text: refine(text, cut(text))


def _every_stop(text: str) -> list[int]:
    return [match.end() for match in STOP.finditer(text)]


CANDIDATES: dict[str, Callable[[], Splitter]] = {
    "pysbd": lambda: _ends(_load("pysbd").Segmenter(clean=False, char_span=True).segment),
    "sentencesplit": lambda: _ends(_load("sentencesplit").Segmenter().segment_spans),
    "cleave-sbd": lambda: _ends(_load("csbd").Segmenter(char_span=True).segment),
    "nupunkt": lambda: _ends(_load("nupunkt").sent_spans),
    "sentencex": lambda: _pieces(partial(_load("sentencex").segment, "en")),
    "syntok": lambda: _syntok(_load("syntok.segmenter").analyze),
    "segtok": lambda: _pieces(_load("segtok.segmenter").split_single),
    "blingfire": lambda: _blingfire(_load("blingfire").text_to_sentences_and_offsets),
    "sentence-splitter": lambda: _pieces(_load("sentence_splitter").SentenceSplitter("en").split),
    "uniseg": lambda: _pieces(_load("uniseg.sentencebreak").sentences),
    "punkt": lambda: _ends(punkt().span_tokenize),
    "every stop": lambda: _every_stop,
    "every stop + rules": partial(_refined, "every stop"),
    "nupunkt + rules": partial(_refined, "nupunkt"),
    "sentencex + rules": partial(_refined, "sentencex"),
    "pysbd + rules": partial(_refined, "pysbd"),
    "punkt + rules": partial(_refined, "punkt"),
}


def paragraphs(reports: Path | None) -> dict[str, list[Paragraph]]:
    """Reads the labelled paragraphs, by the name of their set."""
    gold = json.loads(_GOLD.read_text(encoding="utf-8"))
    made = []
    for number, sentences in enumerate(gold["sentences"] + gold["fresh"]):
        ends = [len(" ".join(sentences[:count])) for count in range(1, len(sentences) + 1)]
        free = [at for where, at in gold["free"] if where == number]
        made.append(Paragraph(" ".join(sentences), ends, free))
    count = len(gold["sentences"])
    half = count // 2
    sets = {"dev": made[:half], "test": made[half:count], "fresh": made[count:]}
    if reports is None:
        return sets
    real = []
    for prefix, labels in gold["reports"].items():
        data = next(reports.glob(f"{prefix}*")).read_bytes()
        if hashlib.sha256(data).hexdigest() != labels["sha256"]:
            raise ValueError(f"report {prefix!r} is not the one that was labelled")
        text = data.decode()
        for spans in labels["paragraphs"]:
            start, stop = spans[0][0], spans[-1][1]
            ends = [end - start for _, end in spans]
            free = [at - start for at in labels["free"] if start < at < stop]
            real.append(Paragraph(text[start:stop].replace("\n", " "), ends, free))
    return {"real": real, **sets}


def score(cut: Splitter, labelled: list[Paragraph]) -> str:
    """Gives precision, recall, F1, exact sentences and ms per 1,000 words as table cells."""
    began = time.perf_counter()
    results = [list(cut(paragraph.text)) for paragraph in labelled]
    spent = time.perf_counter() - began
    hits = found = wanted = exact = total = 0
    for (text, ends, free), result in zip(labelled, results, strict=True):
        last = _visible(text)
        gold = sorted({_visible(text[:end]) for end in ends} | {0})
        unscored = {_visible(text[:at]) for at in free} | {0, last}
        cuts = {_visible(text[:end]) for end in result} - unscored
        hits += len(cuts & set(gold))
        found += len(cuts)
        wanted += len(gold) - 2
        total += len(gold) - 1
        for start, end in itertools.pairwise(gold):
            inside = any(start < at < end for at in cuts)
            exact += {start, end} <= cuts | {0, last} and not inside
    words = sum(len(text.split()) for text, _, _ in labelled)
    p, r = hits / max(found, 1), hits / max(wanted, 1)
    f1 = 2 * p * r / max(p + r, 1e-9)
    return f"{p:.3f} {r:.3f} {f1:.3f} | {exact / total:.3f} | {spent / words * 1e6:.1f}"


def main() -> None:
    """Prints one table row for each splitter and set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reports", nargs="?", type=Path, metavar="REPORTS_DIR")
    sets = paragraphs(parser.parse_args().reports)
    missing = []
    print("| splitter | set | P R F1 | exact | ms/1,000 words |\n|---|---|---|---|---|")
    for name, make in CANDIDATES.items():
        try:
            cut = make()
        except ImportError:
            missing.append(name)
            continue
        list(cut("A first call. It loads the tables."))
        for label, labelled in sets.items():
            print(f"| {name} | {label} | {score(cut, labelled)} |")
    print("Not installed:", ", ".join(missing) or "none")


if __name__ == "__main__":
    main()
