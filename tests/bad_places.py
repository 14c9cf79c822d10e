"""Bad inputs: links, pipes, devices, and names that are hard to bear."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

from tests.bad_input import BadInput, Told, one, refused, report, taken

__all__ = ["OUTSIDE", "PLACES"]

OUTSIDE = "outside.txt"
"""Lies beside the folder that is ingested, and must not get in."""


def _link(name: str, target: str, *told: Told, named: bool = False) -> BadInput:
    return BadInput(name, "a.txt", lambda path: path.symlink_to(target), told, named)


def _special(name: str, make: Callable[[Path], object], reason: str) -> BadInput:
    return BadInput(name, "a.txt", make, (refused(reason),))


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    # Its address may have no more than about 100 characters.
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def _named(name: str, file: str, ship: str) -> BadInput:
    return one(name, file, report(ship), taken(text=report(ship)))


def _bytes_name(path: Path) -> None:
    with open(os.fsencode(path.parent) + b"/caf\xe9.txt", "wb") as file:  # noqa: PTH123
        file.write(report("Bytea").encode())


def _copies(path: Path) -> None:
    path.write_text(report("Gemini"))
    path.with_name("b.txt").write_text(report("Gemini"))


PLACES = (
    _link("a link to itself", "a.txt", refused("a link to nothing")),
    _link("a link to nothing", "gone.txt", refused("a link to nothing: remove it")),
    _link(
        "a link out of the folder",
        f"../../{OUTSIDE}",
        refused("a link that leads out of the folder"),
    ),
    _link(
        "a link to the folder above", "..", refused("a link to a folder: name that folder itself")
    ),
    _link("a link to a device", "/dev/zero", refused("a link that leads out of the folder")),
    _link("a link to a device that is named", "/dev/zero", refused("not a file"), named=True),
    _link(
        "a link to a secret", "/proc/self/environ", refused("a link that leads out of the folder")
    ),
    _special("a pipe", _pipe, "not a file; name a file or a folder"),
    _special("a socket", _socket, "not a file"),
    BadInput(
        "a name that is not UTF-8",
        "a.txt",
        _bytes_name,
        (Told("rejected", "its name is not valid UTF-8: rename it", file="caf\\xe9.txt"),),
    ),
    BadInput(
        "the same text twice",
        "a.txt",
        _copies,
        (taken(), Told("duplicate", "the same text as ", file="b.txt")),
    ),
    _named("a line break in a name", "a\nb.txt", "Linea"),
    _named("terminal codes in a name", "a\x1b[31mb.txt", "Terma"),
    _named("emoji in a name", "ferry \U0001f6a2\u200d\U0001f525.txt", "Emoja"),
    _named("a mark of direction in a name", "ferry\u202etxt.exe.txt", "Direa"),
    _named("a name like an option", "--force.txt", "Opta"),
    _named("a name of blanks", "  .txt", "Blanka"),
    _named("a name with a hash", "a#line 1.txt", "Hasha"),
    _named("a name that goes up", "a..%2f..%2fetc.txt", "Perca"),
    _named("a name of 255 bytes", "é" * 125 + "x.txt", "Longa"),
    _named("a name without an extension", "README", "Reada"),
    one(
        "terminal codes in an extension",
        "a.\x1b[31mx",
        report("Exta"),
        refused("not a type that is read (.\\x1b[31mx)"),
    ),
    one(
        "an extension of 250 letters",
        "a." + "x" * 250,
        report("Exto"),
        refused("not a type that is read (.xxx"),
    ),
    one("an unknown extension that is named", "a.story", report("Story"), taken(), named=True),
)
