"""The command line: `citewire COMMAND …`.

Arguments are parsed before anything heavy is imported, so `--help` answers at once.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from typing import Literal, NoReturn

from rag.errors import CitewireError
from ui.backup_command import add_backup_options, add_restore_options
from ui.eval_options import add_eval_options
from ui.ingest_command import add_ingest_options
from ui.ui_command import add_ui_options
from ui.users_command import add_users_options

__all__ = ["build_parser", "main"]

_EPILOG = """\
Commands read and write a library: --home DIR, else CITEWIRE_HOME, else the platform's
data directory. Exit codes: 0 fine; 1 done, but something was rejected or a quality gate
failed; 2 usage or configuration; 3 a provider or storage fault.
"""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see `{self.prog} --help`\n")


def build_parser() -> argparse.ArgumentParser:
    """The whole command line's grammar."""
    # Suppressed, so that a flag before the command is not undone by its absence after it.
    shared = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    group = shared.add_argument_group("settings")
    group.add_argument("--home", metavar="DIR", help="the library's directory")
    group.add_argument(
        "--set", action="append", metavar="NAME=VALUE", help="a setting for this run; repeatable"
    )
    group.add_argument("--debug", action="store_true", help="show a traceback on errors")
    machine = _Parser(add_help=False)
    machine.add_argument("--json", action="store_true", help="print one JSON object")

    parser = _Parser(
        prog="citewire",
        description="Ask a collection of news articles; every sentence of the answer carries the"
        " exact words it rests on.",
        epilog=_EPILOG,
        parents=[shared],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    def command(name: str, help_text: str, *, json_too: bool = True) -> argparse.ArgumentParser:
        return commands.add_parser(
            name,
            help=help_text,
            description=help_text[0].upper() + help_text[1:] + ".",
            parents=[shared, machine] if json_too else [shared],
        )

    p = command("ingest", "bring files and folders into the library")
    add_ingest_options(p)

    p = command("ask", "ask the library a question")
    p.add_argument(
        "questions",
        nargs="+",
        metavar="QUESTION",
        help="in quotation marks; each further one may follow up on those before it",
    )
    p.add_argument("--since", type=_day, metavar="DATE", help="published on this day or later")
    p.add_argument("--until", type=_day, metavar="DATE", help="published on this day or before")
    p.add_argument(
        "--as-of", type=_day, metavar="DATE", help="answer with what was published by this day"
    )
    p.add_argument(
        "--outlet", action="append", metavar="NAME", help="only this outlet, or part of its name"
    )

    p.add_argument(
        "--writer",
        choices=("quotes", "model"),
        help="who writes: quotations need no model (default: a model where a key or a base URL is"
        " set)",
    )
    p.add_argument(
        "--no-cache", action="store_true", help="ask the model again, whatever it said before"
    )

    command("list", "list the articles in the library")

    p = command("show", "show an article, its furniture struck out")
    p.add_argument("id", metavar="ID", help="an article's id, or its beginning")
    p.add_argument(
        "--text", action="store_true", help="print the text alone, byte for byte as it was read"
    )
    p.add_argument(
        "--earlier",
        type=int,
        metavar="N",
        help="as it was before its file changed: 1 is the version before this one",
    )

    p = command("delete", "remove articles from the library; their files stay")
    p.add_argument("ids", nargs="+", metavar="ID", help="an article's id, or its beginning")

    p = command("undelete", "bring deleted articles back as they were")
    p.add_argument(
        "ids",
        nargs="*",
        metavar="ID",
        help="the id that an article had, or its beginning (default: list what can come back)",
    )

    p = command("edit", "put right what is known of an article")
    p.add_argument("id", metavar="ID", help="an article's id, or its beginning")
    p.add_argument("--outlet", metavar="NAME", help="who published it; '' for unknown")
    p.add_argument(
        "--date", type=_day_or_unknown, metavar="DATE", help="the day it was published, or unknown"
    )
    p.add_argument("--title", metavar="TEXT", help="its headline; '' for unknown")

    p = command("doctor", "check the library, its indexes and the installation")
    p.add_argument("--fix", action="store_true", help="rebuild the indexes if they are unsound")

    p = command("backup", "write the library to one file, even while it is in use")
    add_backup_options(p)

    p = command("restore", "bring a library back from a backup")
    add_restore_options(p)

    p = command("eval", "hold the answers to hand-written gold facts")
    add_eval_options(p)

    p = command("ui", "serve the page to ask, read and check in", json_too=False)
    add_ui_options(p)

    p = command("users", "say who may sign in to the page", json_too=False)
    add_users_options(p, shared)

    command("settings", "show every setting, its value and where that comes from")
    command("demo", "ask the sample collection three questions, in a temporary library")
    return parser


def main(argv: Sequence[str] | None = None) -> int:  # noqa: PLR0911 - one exit code a return
    """Run a command and return the exit code."""
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.version:
        print(f"citewire {_version()}")
        return 0
    if not args.command:
        parser.print_help()
        return 2
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a letter shows `?` in its place, and all the others.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    # None of the parts may reach for the network, whatever the environment says.
    os.environ.update(
        ANONYMIZED_TELEMETRY="False", HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1"
    )
    try:
        # Heavy imports, only once the arguments are known to be right.
        from ui import commands  # noqa: PLC0415

        code: int = getattr(commands, f"run_{args.command}")(args)
        sys.stdout.flush()
    except CitewireError as exc:
        if getattr(args, "debug", False):
            raise
        print(f"citewire: {exc}", file=sys.stderr)
        return exc.exit_code
    except KeyboardInterrupt:
        print("citewire: stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output went away, as `| head` does.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as exc:
        if getattr(args, "debug", False):
            raise
        first = (str(exc).splitlines() or [""])[0]
        print(
            f"citewire: an unexpected error: {type(exc).__name__}: {first} (--debug shows where)",
            file=sys.stderr,
        )
        return 3
    return code


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a date; write it as 2023-02-20"
        ) from None


def _day_or_unknown(text: str) -> date | Literal["unknown"]:
    return "unknown" if text == "unknown" else _day(text)


def _version() -> str:
    try:
        return version("citewire")
    except PackageNotFoundError:
        return "0 (not installed)"


if __name__ == "__main__":
    sys.exit(main())
