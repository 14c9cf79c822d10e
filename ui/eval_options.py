"""The options of `citewire eval`. Nothing heavy is imported here."""

from __future__ import annotations

import argparse
from collections.abc import Callable

__all__ = ["add_eval_options"]

_EPILOG = """\
compare A B …   runs the gold with each of these settings, or reads files of results, and
                shows what changed from the first: A and B are `default`, settings such as
                `passages=6,dense_weight=0.3`, or paths of results.json

Exit codes: 0 the gate passes; 1 it fails: a threshold missed, a drop that is not noise, an
error, or a question that could not be scored; 2 usage, configuration or a mistake in the
gold; 3 a provider or storage fault.
"""


def add_eval_options(parser: argparse.ArgumentParser) -> None:
    """Add them to the command's parser."""
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "compare", nargs="*", metavar="compare A B", help="compare settings or results; see below"
    )
    what = parser.add_argument_group("what is asked")
    what.add_argument(
        "--gold", metavar="PATH", help="a gold file, or a folder of them (default: the samples')"
    )
    what.add_argument(
        "--articles",
        metavar="PATH",
        help="ask these files, in a temporary library, and not the library",
    )
    what.add_argument("--beir", metavar="DIR", help="a retrieval set in BEIR's layout, instead")
    what.add_argument(
        "--split", metavar="NAME", help="which of its qrels (default: test, else dev, else train)"
    )
    what.add_argument(
        "--work",
        metavar="DIR",
        help="keep the temporary library here and go on with it next time",
    )
    what.add_argument(
        "--writer",
        choices=("quotes", "model"),
        help="who writes the answers (default: quotes, whatever the environment names)",
    )
    what.add_argument(
        "--no-cache", action="store_true", help="ask the model again, whatever it said before"
    )
    gate = parser.add_argument_group("the gate")
    gate.add_argument("--baseline", metavar="FILE", help="results that must not get worse")
    gate.add_argument(
        "--max-drop",
        type=_between(0, 1),
        default=0.0,
        metavar="X",
        help="how far a score may fall below the baseline's, 0 to 1 (default: 0)",
    )
    gate.add_argument(
        "--update-baseline", action="store_true", help="write this run as the new baseline"
    )
    out = parser.add_argument_group("what is written")
    out.add_argument(
        "--report",
        metavar="DIR",
        help="write results.json, junit.xml, summary.md and report.html there",
    )
    judge = parser.add_argument_group("a model as judge (never decides the gate)")
    judge.add_argument("--judge", metavar="MODEL", help="also let this model judge every answer")
    judge.add_argument(
        "--votes", type=_odd, metavar="N", help="votes on each answer, an odd number (default: 1)"
    )
    judge.add_argument(
        "--price",
        type=_price,
        metavar="IN,OUT",
        help="US dollars a million prompt and completion tokens, to tell the cost",
    )
    gold = parser.add_argument_group("gold files")
    gold.add_argument(
        "--init",
        nargs="?",
        const="gold.yaml",
        metavar="FILE",
        help="write a gold file to begin with from the library (default: gold.yaml)",
    )
    gold.add_argument(
        "--from-feedback",
        metavar="FILE",
        help="write candidates for gold there, from the answers that readers rated",
    )
    gold.add_argument(
        "--check",
        action="store_true",
        help="only look for mistakes in the gold, and whether the articles have its words",
    )


def _between(low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low:g} to {high:g}")
        return value

    return parse


def _odd(text: str) -> int:
    if not text.isdecimal() or int(text) not in range(1, 16, 2):
        raise argparse.ArgumentTypeError(f"{text!r} is not an odd number from 1 to 15")
    return int(text)


def _price(text: str) -> tuple[float, float]:
    try:
        prompt, completion = (float(part) for part in text.split(","))
        if not (0 <= prompt < 1e6 and 0 <= completion < 1e6):
            raise ValueError
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not two prices with a comma, such as 0.15,0.60"
        ) from None
    return prompt, completion
