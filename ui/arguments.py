"""What every command reads from its arguments: the home, and the settings in force."""

from __future__ import annotations

import argparse
from pathlib import Path

from rag.errors import SettingsError
from rag.settings import SettingsWithOrigins, home_directory, load_settings

__all__ = ["home_of", "settings_of"]


def home_of(args: argparse.Namespace) -> Path:
    """The library's directory.

    Raises:
        SettingsError: it was named by an empty text, as `--home "$UNSET"` does.
    """
    home = getattr(args, "home", None)
    if home == "":
        raise SettingsError("The home directory's name is empty; name one with --home DIR.")
    return home_directory(home)


def settings_of(args: argparse.Namespace) -> SettingsWithOrigins:
    """The settings, those given by flags first.

    Raises:
        SettingsError: one of them can't be.
    """
    flags: dict[str, str] = {}
    for pair in getattr(args, "set", None) or []:
        name, equals, value = pair.partition("=")
        if not equals:
            raise SettingsError(f"--set {pair!r} lacks a value; write --set NAME=VALUE.")
        flags[name.strip()] = value.strip()
    if writer := getattr(args, "writer", None):
        flags["writer"] = writer
    return load_settings(home_of(args), flags)
