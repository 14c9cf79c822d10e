"""The users file: HOME/users.json, written whole, put in place at once, read anew when changed."""

from __future__ import annotations

import json
import os
import secrets
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from filelock import FileLock, Timeout

from rag.errors import LibraryBusy, LibraryError, SettingsError
from ui.passwords import PasswordHash

__all__ = [
    "LONGEST_NAME",
    "ROLES",
    "Entry",
    "Role",
    "User",
    "UsersFile",
    "check_name",
    "check_role",
    "name_key",
]

Role = Literal["reader", "editor"]
ROLES: tuple[Role, ...] = get_args(Role)
"""A reader asks; an editor may change the library, too."""
LONGEST_NAME = 64

_FORMAT = 1
_LOCK_SECONDS = 10
_DAMAGE = (ValueError, TypeError, KeyError, AttributeError, RecursionError, SettingsError)
"""What reading a file of any other shape may raise."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in."""

    name: str
    role: Role
    stamp: str = field(default="", compare=False, repr=False)
    """Another one with each password, and when a removed name is added again."""


class Entry(NamedTuple):
    """A user as the file holds them."""

    user: User
    password: PasswordHash

    @classmethod
    def of(cls, name: str, role: Role, password: PasswordHash) -> Entry:
        """A user with that password."""
        return cls(User(name, role, stamp=password.salt.hex()), password)


class _Seen(NamedTuple):
    file: tuple[int, int, int]
    """Which file was read: when it was changed, its number on the disk, its size."""
    entries: Mapping[str, Entry]


def name_key(name: str) -> str:
    """What names are compared by: capitals and ways to compose a character don't count."""
    for _ in range(2):
        # Composing may bring about what folds: a bold mathematical A is an A only then.
        name = unicodedata.normalize("NFKC", name.casefold())
    return name


def check_name(name: str) -> None:
    """Turn down what can't be a user's name.

    Raises:
        SettingsError: it is empty, too long, not printable, or blank at an end.
    """
    if not (0 < len(name) <= LONGEST_NAME and name.isprintable() and name == name.strip()):
        raise SettingsError(
            f"{name[: LONGEST_NAME + 1]!r} can't be a user's name; use 1 to {LONGEST_NAME}"
            " printable characters, with no blank at the ends."
        )


def check_role(role: str) -> None:
    """Turn down what is no role.

    Raises:
        SettingsError: it is none.
    """
    if role not in ROLES:
        raise SettingsError(f"There is no role {role!r}; there are {' and '.join(ROLES)}.")


class UsersFile:
    """The entries by `name_key`. Safe to use from several threads and processes."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._path = home / "users.json"
        self._seen: _Seen | None = None

    def entries(self) -> Mapping[str, Entry]:
        """What the file holds now; nothing where there is none.

        Raises:
            SettingsError: it is damaged, or of a later format.
            LibraryError: it can't be read.
        """
        try:
            seen = self._seen
            if seen is None or seen.file != _identity(self._path.stat()):
                with self._path.open("rb") as file:
                    # Of the file that is read, which another may have replaced by now.
                    identity = _identity(os.fstat(file.fileno()))
                    seen = _Seen(identity, self._parsed(file.read()))
                self._seen = seen
        except FileNotFoundError:
            return {}
        except OSError as exc:
            raise LibraryError(
                f"The users file {self._path} can't be read ({exc.strerror}); see to its"
                " permissions, or choose another home with --home."
            ) from exc
        return seen.entries

    @contextmanager
    def change(self) -> Iterator[dict[str, Entry]]:
        """A copy to change, written when the block ends well. One writer at a time.

        Raises:
            LibraryBusy: another process is writing for longer than this one waits.
            LibraryError: the file can't be written.
            SettingsError: the file is damaged, and stays as it is.
        """
        try:
            self._home.mkdir(parents=True, exist_ok=True)
            with FileLock(self._home / "users.lock", timeout=_LOCK_SECONDS):
                entries = dict(self.entries())
                yield entries
                self._write(entries)
        except Timeout:
            raise LibraryBusy(
                f"Another process is changing {self._path}; try again, or stop it."
            ) from None
        except OSError as exc:
            raise LibraryError(
                f"The users file {self._path} can't be written ({exc.strerror}); choose another"
                " home with --home."
            ) from exc

    def _write(self, entries: Mapping[str, Entry]) -> None:
        rows = [
            {"name": e.user.name, "role": e.user.role, "password": e.password.as_json()}
            for _, e in sorted(entries.items())
        ]
        text = json.dumps({"format": _FORMAT, "users": rows}, ensure_ascii=False, indent=2)
        part = self._home / f"users.{secrets.token_hex(8)}.part"
        try:
            # At no moment may others read it.
            number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(number)
            part.replace(self._path)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise

    def _parsed(self, content: bytes) -> Mapping[str, Entry]:
        try:
            whole = json.loads(content)
            version = whole["format"]
            if version == _FORMAT:
                return _by_key([_entry(row) for row in whole["users"]])
        except _DAMAGE as exc:
            raise SettingsError(
                f"The users file {self._path} is damaged; restore it from a backup, or delete it"
                " and add the users again."
            ) from exc
        raise SettingsError(
            f"The users file {self._path} has the format {version!r}, and this Citewire reads"
            f" {_FORMAT}; update Citewire."
        )


def _entry(row: Any) -> Entry:
    name, role = row["name"], row["role"]
    check_name(name)
    check_role(role)
    return Entry.of(name, role, PasswordHash.from_json(row["password"]))


def _by_key(entries: list[Entry]) -> Mapping[str, Entry]:
    by_key = {name_key(entry.user.name): entry for entry in entries}
    if len(by_key) != len(entries):
        raise ValueError("a name stands there twice")
    return by_key


def _identity(stat: os.stat_result) -> tuple[int, int, int]:
    return stat.st_mtime_ns, stat.st_ino, stat.st_size
