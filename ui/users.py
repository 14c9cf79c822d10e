"""Who may use the page: names, roles and passwords.

A running server knows of a removed user, or of another role, with the next request.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rag.errors import NotFound, SettingsError
from ui.passwords import check_password, hash_password, matches
from ui.users_file import ROLES, Entry, Role, User, UsersFile, check_name, check_role, name_key

__all__ = ["ROLES", "Role", "User", "Users"]


class Users:
    """The users of one library. Safe to use from several threads and processes.

    Raises:
        SettingsError: from any method, when the users file is damaged; it never counts as empty.
        LibraryError: from any method, when the file can't be read or written.
    """

    def __init__(self, home: Path) -> None:
        self._file = UsersFile(home)

    # --- reading -------------------------------------------------------------------------

    def all(self) -> list[User]:
        """Everybody, by name."""
        return [entry.user for _, entry in sorted(self._file.entries().items())]

    def get(self, name: str) -> User | None:
        """The user of that name, as of now."""
        entry = self._file.entries().get(name_key(name))
        return entry and entry.user

    def named(self, name: str) -> User:
        """The user of that name, as of now.

        Raises:
            NotFound: nobody has it.
        """
        return _named(name, self._file.entries()).user

    def check(self, name: str, password: str) -> User | None:
        """The user of that name and password. Takes about 0.1 s, whoever is named."""
        entry = self._file.entries().get(name_key(name))
        right = matches(password, entry and entry.password)
        return entry.user if entry and right else None

    def check_free(self, name: str) -> None:
        """Turn down a name for a new user.

        Raises:
            SettingsError: it can't be a name, or somebody has it.
        """
        check_name(name)
        if taken := self.get(name):
            raise SettingsError(
                f"There is a user {taken.name!r} already; `citewire users password` gives them"
                " another password."
            )

    # --- writing -------------------------------------------------------------------------

    def add(self, name: str, password: str, role: Role = "reader") -> User:
        """Add a user.

        Raises:
            SettingsError: the name is taken, or the name, the password or the role can't be.
            LibraryBusy: another process is writing the file for longer than this one waits.
        """
        self.check_free(name)
        check_password(password)
        check_role(role)
        new = hash_password(password)
        with self._file.change() as entries:
            self.check_free(name)
            entries[name_key(name)] = entry = Entry.of(name, role, new)
        return entry.user

    def set_password(self, name: str, password: str) -> User:
        """Give a user another password.

        Raises:
            NotFound: nobody has that name.
            SettingsError: the password can't be.
            LibraryBusy: as for `add`.
        """
        self.named(name)
        check_password(password)
        new = hash_password(password)
        with self._file.change() as entries:
            user = _named(name, entries).user
            entries[name_key(name)] = entry = Entry.of(user.name, user.role, new)
        return entry.user

    def set_role(self, name: str, role: Role) -> User:
        """Give a user another role.

        Raises:
            NotFound: nobody has that name.
            SettingsError: there is no such role.
            LibraryBusy: as for `add`.
        """
        check_role(role)
        with self._file.change() as entries:
            old = _named(name, entries)
            entries[name_key(name)] = entry = Entry.of(old.user.name, role, old.password)
        return entry.user

    def remove(self, name: str) -> User:
        """Remove a user.

        Raises:
            NotFound: nobody has that name.
            LibraryBusy: as for `add`.
        """
        with self._file.change() as entries:
            user = _named(name, entries).user
            del entries[name_key(name)]
        return user


def _named(name: str, entries: Mapping[str, Entry]) -> Entry:
    entry = entries.get(name_key(name))
    if entry is None:
        raise NotFound(f"There is no user {name!r}; `citewire users list` shows them.")
    return entry
