"""What each command does, once its arguments are known to be right."""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import fields
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rag.errors import NotFound, SettingsError
from rag.settings import Settings
from ui.arguments import home_of, settings_of

__all__ = [
    "run_ask",
    "run_backup",
    "run_delete",
    "run_demo",
    "run_doctor",
    "run_edit",
    "run_eval",
    "run_ingest",
    "run_list",
    "run_restore",
    "run_settings",
    "run_show",
    "run_ui",
    "run_undelete",
    "run_users",
]

_DEMO_QUESTIONS = (
    "Who was put in charge of the secret talks with the Palestinians?",
    "How many Israeli soldiers were killed in the Gaza fighting?",
    "How long is the tunnel that the negotiators used?",
)
_PACKAGES = Path(__file__).parent.parent
"""Where the packages lie; the sample collection is installed beside them."""


def run_ingest(args: argparse.Namespace) -> int:
    """`citewire ingest`."""
    from ui.ingest_command import run  # noqa: PLC0415

    return run(args, home_of(args), settings_of(args).values)


def run_ask(args: argparse.Namespace) -> int:
    """`citewire ask`."""
    from ui.ask import ask  # noqa: PLC0415

    return ask(args, home_of(args), settings_of(args).values)


def run_backup(args: argparse.Namespace) -> int:
    """`citewire backup`."""
    from ui.backup_command import run_backup as run  # noqa: PLC0415

    return run(args, _existing_home(args))


def run_restore(args: argparse.Namespace) -> int:
    """`citewire restore`."""
    from ui.backup_command import run_restore as run  # noqa: PLC0415

    return run(args, home_of(args))


def run_list(args: argparse.Namespace) -> int:
    """`citewire list`."""
    from rag.library import Library  # noqa: PLC0415
    from ui.render import article_json, print_articles, print_json  # noqa: PLC0415

    home = home_of(args)
    if not Library.exists(home):
        if args.json:
            print_json({"articles": []})
        else:
            Console().print(_no_library(home))
        return 0
    with Library(home) as library:
        articles = list(library.articles())
    if args.json:
        print_json({"articles": [article_json(a) for a in articles]})
    elif articles:
        print_articles(articles, Console())
    else:
        Console().print(_no_library(home))
    return 0


def run_show(args: argparse.Namespace) -> int:
    """`citewire show`."""
    from rag.hidden import hidden_in  # noqa: PLC0415
    from rag.library import Library  # noqa: PLC0415
    from ui.render import article_json, print_article, print_json  # noqa: PLC0415

    home = _existing_home(args)
    with Library(home) as library:
        article = library.article(args.id)
        versions = library.versions(article.id)
    if args.earlier is not None:
        if not 1 <= args.earlier <= len(versions):
            raise NotFound(f"There are {len(versions)} earlier versions of {article.id}.")
        article, versions = versions[args.earlier - 1].article, []
    if args.text:
        # Byte for byte: no newline is added or translated.
        sys.stdout.buffer.write(article.text.encode())
        sys.stdout.buffer.flush()
    elif args.json:
        hidden = hidden_in(article.text)
        earlier = [
            {"n": n, "replaced_at": v.replaced_at, "published": v.article.published}
            for n, v in enumerate(versions, 1)
        ]
        print_json(
            {**article_json(article), "text": article.text, "hidden": hidden, "earlier": earlier}
        )
    else:
        print_article(article, Console(), [v.replaced_at for v in versions])
    return 0


def run_delete(args: argparse.Namespace) -> int:
    """`citewire delete`."""
    from ui.shelf_commands import delete  # noqa: PLC0415

    return delete(args, _existing_home(args))


def run_undelete(args: argparse.Namespace) -> int:
    """`citewire undelete`."""
    from ui.shelf_commands import undelete  # noqa: PLC0415

    return undelete(args, _existing_home(args))


def run_edit(args: argparse.Namespace) -> int:
    """`citewire edit`."""
    from ui.shelf_commands import edit  # noqa: PLC0415

    return edit(args, _existing_home(args))


def run_doctor(args: argparse.Namespace) -> int:
    """`citewire doctor`."""
    from ui.doctor import examine  # noqa: PLC0415
    from ui.render import print_json  # noqa: PLC0415

    findings = examine(home_of(args), settings_of(args), fix=args.fix)
    if args.json:
        print_json({"checks": [f._asdict() for f in findings]})
    else:
        table = Table(box=None, pad_edge=False, show_header=False)
        for f in findings:
            mark = Text("ok", "green") if f.ok else Text("problem", "bold red")
            table.add_row(mark, f.check, Text(f.detail))
        Console().print(table)
    return max((0 if f.ok else f.exit_code for f in findings), default=0)


def run_eval(args: argparse.Namespace) -> int:
    """`citewire eval`."""
    from ui.eval_command import run  # noqa: PLC0415

    return run(args, home_of(args), settings_of(args))


def run_ui(args: argparse.Namespace) -> int:
    """`citewire ui`."""
    from ui.ui_command import run  # noqa: PLC0415

    return run(args, home_of(args), settings_of(args))


def run_users(args: argparse.Namespace) -> int:
    """`citewire users`."""
    from ui.users_command import run  # noqa: PLC0415

    return run(args, home_of(args))


def run_settings(args: argparse.Namespace) -> int:
    """`citewire settings`."""
    from ui.render import print_json  # noqa: PLC0415

    home = home_of(args)
    values, origins = settings_of(args)
    rows = [(f.name, getattr(values, f.name), origins[f.name]) for f in fields(Settings)]
    if args.json:
        listed = {n: {"value": v, "origin": o} for n, v, o in rows}
        print_json({"home": str(home), "hash": values.hash, "settings": listed})
        return 0
    console = Console()
    console.print(Text(f"home  {home}"), soft_wrap=True)
    table = Table(box=None, pad_edge=False)
    for column in ("Setting", "Value", "From"):
        table.add_column(column, no_wrap=True)
    for name, value, origin in rows:
        table.add_row(name, str(value), origin)
    console.print(table)
    console.print(
        Text(
            f"Change one with --set NAME=VALUE, CITEWIRE_NAME, or {home / 'citewire.toml'}.",
            style="dim",
        )
    )
    return 0


def run_demo(args: argparse.Namespace) -> int:
    """`citewire demo`."""
    from ingest.pipeline import ingest  # noqa: PLC0415
    from rag.engine import Engine  # noqa: PLC0415
    from ui.render import answer_json, print_json  # noqa: PLC0415
    from ui.render_answer import print_answer  # noqa: PLC0415

    settings, console = settings_of(args).values, Console()
    with tempfile.TemporaryDirectory(prefix="citewire-demo-") as temporary:
        home = Path(temporary)
        if not args.json:
            console.print("Ingesting the sample collection: five digests of news reports.")
        ingest(home, [_PACKAGES / "seeds"], settings)
        with Engine(home, settings) as engine:
            answers = [engine.ask(question) for question in _DEMO_QUESTIONS]
    if args.json:
        print_json({"answers": [answer_json(a) for a in answers]})
        return 0
    for answer in answers:
        console.rule(Text(answer.question, style="bold"), align="left")
        print_answer(answer, console)
    console.print('Now your own: citewire ingest FOLDER, then citewire ask "…"')
    return 0


def _existing_home(args: argparse.Namespace) -> Path:
    from rag.library import Library  # noqa: PLC0415

    home = home_of(args)
    if not Library.exists(home):
        raise SettingsError(_no_library(home))
    return home


def _no_library(home: Path) -> str:
    return f"The library in {home} has no articles yet; fill it with `citewire ingest FOLDER`."
