"""`citewire ingest`: its options, and what it does."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rag.corrections import KEEP, checked
from rag.errors import LibraryBusy, NotFound, SettingsError
from rag.settings import Settings

if TYPE_CHECKING:
    # Only for types: importing it takes 0.2 s.
    from ingest.report import IngestReport, Progress

__all__ = ["add_ingest_options", "run"]

_AGAIN_S = 5.0
"""While another process writes to the library, it is tried again after so long."""


def add_ingest_options(p: argparse.ArgumentParser) -> None:
    """Add the command's options to its parser."""
    p.add_argument("paths", nargs="*", metavar="PATH", help="a file or a folder")
    p.add_argument(
        "--url",
        action="append",
        metavar="ADDRESS",
        help="a web page or a feed to fetch; repeatable",
    )
    p.add_argument(
        "--follow", action="store_true", help="fetch the pages that feeds link to, not only feeds"
    )
    p.add_argument(
        "--allow-private",
        action="store_true",
        help="also fetch from addresses in a private network",
    )
    p.add_argument("--encoding", metavar="NAME", help="for files that are not UTF-8")
    p.add_argument("--outlet", metavar="NAME", help="for articles whose file names no outlet")
    p.add_argument(
        "--field",
        action="append",
        metavar="FIELD=NAME",
        help="what tables call a field: id, title, text, outlet, published, byline or url;"
        " repeatable",
    )
    p.add_argument(
        "--prune", action="store_true", help="remove articles whose file is gone from the folders"
    )
    p.add_argument(
        "--force", action="store_true", help="prune even where most of a folder's articles would go"
    )
    p.add_argument(
        "--reread", action="store_true", help="read every file, also those that seem unchanged"
    )
    p.add_argument(
        "--watch", action="store_true", help="go on, and take in whatever changes, until Ctrl-C"
    )


def run(args: argparse.Namespace, home: Path, settings: Settings) -> int:
    """Ingest once, or again and again."""
    if not args.paths and not args.url:
        raise SettingsError("Nothing is named; name a file, a folder, or an address with --url.")
    if "" in args.paths:
        # As `"$UNSET"` gives it; it would otherwise mean the current directory.
        raise SettingsError("A path is empty; name a file or a folder.")
    if args.watch and not args.paths:
        raise SettingsError("--watch is for files and folders; name one.")
    _check_encoding(args.encoding)
    args.outlet = _outlet(args.outlet)
    _fields(args.field or [])
    paths = [Path(p) for p in args.paths]
    report = _once(args, home, settings, paths)
    if args.watch and not report.stopped:
        return _go_on(args, home, settings, paths, report)
    if report.stopped:
        return 130
    return 1 if report.count("rejected") else 0


def _once(
    args: argparse.Namespace,
    home: Path,
    settings: Settings,
    paths: Sequence[Path],
    before: IngestReport | None = None,
) -> IngestReport:
    """Ingest, and print what became of it; of what was told `before`, only what is new."""
    from ingest.pipeline import ingest  # noqa: PLC0415
    from rag.reply_cache import ReplyCache, replies_of  # noqa: PLC0415
    from ui.progress import progress  # noqa: PLC0415
    from ui.render import ingest_json, print_ingest, print_json  # noqa: PLC0415

    began, again = time.monotonic(), before is not None
    with progress("Ingesting", quiet=args.json or again) as watch:
        report = ingest(
            home,
            paths,
            settings,
            urls=() if again else args.url or (),
            follow=args.follow,
            allow_private=args.allow_private,
            encoding=args.encoding,
            outlet=args.outlet,
            fields=_fields(args.field or []),
            prune=args.prune,
            force=args.force,
            reread=args.reread and not again,
            progress=lambda p: watch(p.done, p.total, _at(p, began)),
        )
    if report.removed or report.count("updated"):
        # What models wrote holds the words of articles that are gone now.
        ReplyCache(replies_of(home)).clear()
    told = {f[:3] for f in before.files} if before else set()
    news = [
        f
        for f in report.files
        if f.status in ("ingested", "updated") or (f.status != "unchanged" and f[:3] not in told)
    ]
    if again and not news and not report.removed:
        return report
    if args.json:
        print_json(ingest_json(report))
    else:
        shown = replace(report, files=tuple(news)) if again else report
        print_ingest(shown, watching=args.watch)
    return report


def _at(p: Progress, began: float) -> str:
    """How fast it goes, and where it is."""
    rate = p.articles / max(time.monotonic() - began, 0.001)
    return f"{rate:.1f} articles/s {Path(p.path).name}" if p.articles else Path(p.path).name


def _go_on(
    args: argparse.Namespace,
    home: Path,
    settings: Settings,
    paths: Sequence[Path],
    before: IngestReport,
) -> int:
    from ingest.watch import changes  # noqa: PLC0415

    print("Watching for changes; Ctrl-C ends it.", file=sys.stderr)
    try:
        for _ in changes(paths):
            there = [p for p in paths if p.exists()]
            report = _when_free(partial(_once, args, home, settings, there, before))
            if report and report.stopped:
                return 130
            before = report or before
    except KeyboardInterrupt:
        print("citewire: stopped watching.", file=sys.stderr)
    return 0


def _when_free(ingest: Callable[[], IngestReport]) -> IngestReport | None:
    """Ingest once no other process is writing; None where it can't be till something changes."""
    told = False
    while True:
        try:
            return ingest()
        except NotFound as exc:
            print(f"citewire: {exc}", file=sys.stderr)
            return None
        except LibraryBusy as exc:
            if not told:
                print(f"citewire: {exc}", file=sys.stderr)
            told = True
            time.sleep(_AGAIN_S)


def _check_encoding(name: str | None) -> None:
    if name is None:
        return
    try:
        "a".encode(name)
    except (LookupError, ValueError):
        raise SettingsError(
            f"There is no text encoding {name!r}; cp1252 and latin-1 are common."
        ) from None


def _outlet(name: str | None) -> str | None:
    if name is not None and not name.strip():
        raise SettingsError("--outlet is empty; name who published the articles, or leave it out.")
    outlet = checked(KEEP if name is None else name, KEEP, KEEP).outlet
    return outlet if isinstance(outlet, str) else None


def _fields(pairs: Sequence[str]) -> dict[str, str]:
    from ingest.formats.part import FIELDS  # noqa: PLC0415

    fields: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if name.strip() not in FIELDS or not equals or not value.strip():
            raise SettingsError(
                f"--field {pair!r} can't be; write FIELD=NAME, where FIELD is one of"
                f" {', '.join(FIELDS)}."
            )
        fields[name.strip()] = value.strip()
    return fields
