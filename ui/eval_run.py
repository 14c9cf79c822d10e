"""Which articles and questions the arguments of `citewire eval` mean, and asking them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from eval.beir import load_beir
from eval.collection import beir_collection, folder_collection
from eval.questions.cases import Gold
from eval.questions.gold_file import load_gold
from eval.results import Results
from eval.run import Options, evaluate
from ingest.pipeline import Progress
from rag.endpoint import endpoint_from
from rag.reply_cache import replies_of
from rag.served import served_model
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
        SettingsError: the gold, the set, the articles or the model can't be used.
        LibraryError: the library can't be read.
    """
    if settings.writer == "auto":
        # A gate must not depend on what happens to be in the environment.
        settings = replace(settings, writer="quotes")
    endpoint = endpoint_from()
    options = Options(replies=None if args.no_cache else replies_of(home))
    if settings.writer == "model" and endpoint.base_url is None and endpoint.api_key is None:
        why = "not run: no model can write without OPENAI_API_KEY or OPENAI_BASE_URL"
        return _results(
            args, home, replace(settings, writer="model"), replace(options, not_run=why)
        )
    model = served_model(settings, endpoint)
    with model or nullcontext():
        return _results(args, home, settings, replace(options, model=model))


def _results(args: argparse.Namespace, home: Path, settings: Settings, options: Options) -> Results:
    work = Path(args.work) if args.work else None
    if args.beir:
        beir = load_beir(Path(args.beir), args.split)
        with (
            progress("Ingesting", quiet=args.json) as watch,
            beir_collection(beir, settings, work, files_of(watch)) as outside,
        ):
            options = replace(
                options,
                judgements=outside.judgements,
                retrieval_only=not beir.has_answers,
                ingest_seconds=outside.collection.seconds,
            )
            return _asked(args, outside.collection.home, outside.gold, settings, options)
    gold = load_gold(gold_path(args))
    articles = articles_path(args)
    if articles is None:
        return _asked(args, home, gold, settings, options)
    with (
        progress("Ingesting", quiet=args.json) as watch,
        folder_collection(articles, settings, work, files_of(watch)) as collection,
    ):
        options = replace(options, ingest_seconds=collection.seconds)
        return _asked(args, collection.home, gold, settings, options)


def _asked(
    args: argparse.Namespace, home: Path, gold: Gold, settings: Settings, options: Options
) -> Results:
    with progress("Asking", quiet=args.json) as watch:
        return evaluate(home, gold, settings, replace(options, progress=lambda p: watch(*p)))


def files_of(watch: Watch) -> Callable[[Progress], None]:
    """Tells a progress bar of ingestion, by the files' names."""
    return lambda p: watch(p.done, p.total, Path(p.path).name)
