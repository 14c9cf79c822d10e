"""`citewire delete`, `undelete` and `edit`."""

from __future__ import annotations

import argparse
from pathlib import Path

from rag import shelf
from rag.errors import SettingsError
from rag.reading import fold, long_date
from rag.shelf import DAYS_KEPT, KEEP, MOST_KEPT
from rag.types import Article
from ui.render import article_json, print_json, printable

__all__ = ["delete", "edit", "undelete"]


def delete(args: argparse.Namespace, home: Path) -> int:
    """Remove articles, and say how to bring them back."""
    articles = shelf.delete(home, args.ids)
    if args.json:
        print_json({"deleted": [article_json(a) for a in articles]})
        return 0
    for left, article in zip(range(len(articles), 0, -1), articles, strict=True):
        print(f"Deleted {article.id}: {_name(article)}")
        again = f"citewire ingest '{printable(article.source)}'"
        if left <= MOST_KEPT:
            again = f"citewire undelete {article.id} (for {DAYS_KEPT} days), or {again}"
        print(f"  To bring it back: {again}")
    return 0


def undelete(args: argparse.Namespace, home: Path) -> int:
    """Bring deleted articles back; with no id, list them."""
    if not args.ids:
        return _list_removed(home, as_json=args.json)
    articles = shelf.undelete(home, args.ids)
    if args.json:
        print_json({"undeleted": [article_json(a) for a in articles]})
        return 0
    for article in articles:
        print(f"Back {article.id}: {_name(article)}")
    return 0


def edit(args: argparse.Namespace, home: Path) -> int:
    """Put an article's outlet, date or title right."""
    if args.outlet is args.date is args.title is None:
        raise SettingsError("Nothing is to be changed; give --outlet, --date or --title.")
    article = shelf.edit(
        home,
        args.id,
        outlet=KEEP if args.outlet is None else args.outlet,
        published=KEEP if args.date is None else None if args.date == "unknown" else args.date,
        title=KEEP if args.title is None else args.title,
    )
    if args.json:
        print_json({"edited": article_json(article)})
        return 0
    print(f"Edited {article.id}: {_name(article)}")
    outlet = printable(article.outlet) if article.outlet else "unknown outlet"
    print(f"  {outlet}, {long_date(article.published)}")
    return 0


def _list_removed(home: Path, *, as_json: bool) -> int:
    removed = shelf.removed(home)
    if as_json:
        rows = [
            {**article_json(article), "removed_at": moment.isoformat(timespec="seconds")}
            for article, moment in removed
        ]
        print_json({"removed": rows})
        return 0
    for article, moment in removed:
        print(f"{article.id}  deleted {moment:%Y-%m-%d %H:%M} UTC  {_name(article)}")
    if not removed:
        print(f"Nothing was deleted in the last {DAYS_KEPT} days.")
    return 0


def _name(article: Article) -> str:
    return printable(fold(article.title) if article.title else Path(article.source).name)
