"""Which articles and questions the arguments of `citewire eval` mean, and asking them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from eval.beir import load_beir
from eval.collection import beir_collection, folder_collection
from eval.questions.cases import Gold
from eval.questions.gold_file import load_gold
from eval.results import Results
from eval.run import Options, evaluate
from ingest.pipeline import Progress
from rag.settings import Settings
from ui.progress import Watch, progress

__all__ = ["articles_path", "asked_results", "files_of", "gold_path"]

_PACKAGES = Path(__file__).parent.parent


def gold_path(args: argparse.Namespace) -> Path:
    """The gold file or folder: by default the sample collection's."""
    return Path(args.gold) if args.gold else _PACKAGES / "eval" / "gold" / "seeds.yaml"


def articles_path(args: argparse.Namespace) -> Path | None:
    """The files to ask; None where the library is asked."""
    if args.articles:
        return Path(args.articles)
    return None if args.gold else _PACKAGES / "seeds"


def asked_results(args: argparse.Namespace, home: Path, settings: Settings) -> Results:
    """Ask the questions and score the answers.

    Raises:
        SettingsError: the gold, the set or the articles can't be used.
        LibraryError: the library can't be read.
    """
    work = Path(args.work) if args.work else None
    if args.beir:
        beir = load_beir(Path(args.beir), args.split)
        with (
            progress("Ingesting", quiet=args.json) as watch,
            beir_collection(beir, settings, work, files_of(watch)) as outside,
        ):
            options = Options(
                judgements=outside.judgements,
                retrieval_only=not beir.has_answers,
                ingest_seconds=outside.collection.seconds,
            )
            return _asked(args, outside.collection.home, outside.gold, settings, options)
    gold = load_gold(gold_path(args))
    articles = articles_path(args)
    if articles is None:
        return _asked(args, home, gold, settings, Options())
    with (
        progress("Ingesting", quiet=args.json) as watch,
        folder_collection(articles, settings, work, files_of(watch)) as collection,
    ):
        options = Options(ingest_seconds=collection.seconds)
        return _asked(args, collection.home, gold, settings, options)


def _asked(
    args: argparse.Namespace, home: Path, gold: Gold, settings: Settings, options: Options
) -> Results:
    with progress("Asking", quiet=args.json) as watch:
        return evaluate(home, gold, settings, replace(options, progress=lambda p: watch(*p)))


def files_of(watch: Watch) -> Callable[[Progress], None]:
    """Tells a progress bar of ingestion, by the files' names."""
    return lambda p: watch(p.done, p.total, Path(p.path).name)
