"""`citewire users`: who may sign in to the page."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import SettingsError

if TYPE_CHECKING:
    # Only for types: `citewire --help` needs none of what it imports.
    from ui.users import Users

__all__ = ["add_users_options", "run"]

_ROLES = ("reader", "editor")


def add_users_options(parser: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """Add the actions of `citewire users`.

    Args:
        parser: the command's.
        shared: with the options that every command takes.
    """
    actions = parser.add_subparsers(dest="action", metavar="ACTION")

    def action(name: str, help_text: str) -> argparse.ArgumentParser:
        described = help_text[0].upper() + help_text[1:] + "."
        return actions.add_parser(name, help=help_text, description=described, parents=[shared])

    p = action("list", "list everybody who may sign in")
    p.add_argument("--json", action="store_true", help="print one JSON object")

    p = action("add", "add a user; the password is asked for, or read from standard input")
    p.add_argument("name", metavar="NAME", help="1 to 64 characters; capitals don't count")
    p.add_argument(
        "--role",
        choices=_ROLES,
        default="reader",
        help="a reader asks; an editor may change the library, too (default: reader)",
    )

    p = action("password", "give a user another password; it is asked for, or read as for `add`")
    p.add_argument("name", metavar="NAME")

    p = action("role", "give a user another role")
    p.add_argument("name", metavar="NAME")
    p.add_argument("role", metavar="ROLE", choices=_ROLES, help="reader or editor")

    p = action("remove", "remove a user, who is signed out at once")
    p.add_argument("name", metavar="NAME")


def run(args: argparse.Namespace, home: Path) -> int:
    """Do what the action says; gives the exit code."""
    from ui.users import Users  # noqa: PLC0415

    actions: dict[str, Callable[[argparse.Namespace, Users], None]] = {
        "list": _list,
        "add": _add,
        "password": _password,
        "role": _role,
        "remove": _remove,
    }
    # Without an action as well, nothing is changed.
    actions[args.action or "list"](args, Users(home))
    return 0


def _list(args: argparse.Namespace, users: Users) -> None:
    from ui.render import print_json  # noqa: PLC0415

    everybody = users.all()
    if getattr(args, "json", False):
        print_json({"users": [{"name": u.name, "role": u.role} for u in everybody]})
    elif everybody:
        print("\n".join(f"{user.role}  {user.name}" for user in everybody))
    else:
        print("There are no users yet; add one with `citewire users add NAME`.")


def _add(args: argparse.Namespace, users: Users) -> None:
    # Before anybody thinks of a password; `add` looks again.
    users.check_free(args.name)
    user = users.add(args.name, _password_given(), args.role)
    print(f"Added {user.name!r}, {user.role}.")


def _password(args: argparse.Namespace, users: Users) -> None:
    users.named(args.name)
    user = users.set_password(args.name, _password_given())
    print(f"{user.name!r} has another password, and is signed out wherever the old one was used.")


def _role(args: argparse.Namespace, users: Users) -> None:
    user = users.set_role(args.name, args.role)
    print(f"{user.name!r} is {'an editor' if user.role == 'editor' else 'a reader'} now.")


def _remove(args: argparse.Namespace, users: Users) -> None:
    print(f"Removed {users.remove(args.name).name!r}.")


def _password_given() -> str:
    """Typed twice, or one line of standard input; never an argument, which others could see."""
    from getpass import getpass  # noqa: PLC0415

    if not sys.stdin.isatty():
        line = sys.stdin.buffer.readline()
        if not line:
            raise SettingsError("No password came; give it as one line of standard input.")
        try:
            return line.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            raise SettingsError("The password is not valid Unicode; give it as UTF-8.") from None
    try:
        password = getpass("Password: ")
        if getpass("The same again: ") != password:
            raise SettingsError("The two passwords differ, so nothing was changed; try again.")
    except EOFError:
        raise SettingsError("No password was typed, so nothing was changed.") from None
    return password
