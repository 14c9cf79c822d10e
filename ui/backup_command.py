"""`citewire backup` and `citewire restore`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from rag.errors import SettingsError

__all__ = ["add_backup_options", "add_restore_options", "run_backup", "run_restore"]


def add_backup_options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `citewire backup`."""
    parser.add_argument("file", metavar="FILE", help="the backup to write, such as news.zip")
    parser.add_argument("--force", action="store_true", help="replace the file if it is there")


def add_restore_options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `citewire restore`."""
    parser.add_argument("file", metavar="FILE", help="a backup that `citewire backup` wrote")
    parser.add_argument(
        "--force",
        action="store_true",
        help="where there is a library already, move it to a folder of its own in the home",
    )


def run_backup(args: argparse.Namespace, home: Path) -> int:
    """Write the backup, and say what is in it."""
    from rag.backup import backup  # noqa: PLC0415
    from ui.render import print_json  # noqa: PLC0415

    file = _file(args)
    manifest = backup(home, file, force=args.force)
    if args.json:
        print_json({"backup": str(file), "bytes": file.stat().st_size, **asdict(manifest)})
        return 0
    size, held = file.stat().st_size / 1e6, ", ".join(manifest.files)
    print(f"Wrote {file} ({size:.1f} MB): {manifest.articles} articles, in {held}.")
    if "users.json" in manifest.files or "history.db" in manifest.files:
        print("It holds what people asked, or their passwords' hashes: keep it to yourself.")
    return 0


def run_restore(args: argparse.Namespace, home: Path) -> int:
    """Put the backup in place, and say where what was there went."""
    from rag.restore import restore  # noqa: PLC0415
    from ui.progress import progress  # noqa: PLC0415
    from ui.render import print_json  # noqa: PLC0415

    with progress("Indexing", quiet=args.json) as watch:
        restored = restore(
            home,
            _file(args),
            force=args.force,
            notify=lambda told: print(f"citewire: {told}", file=sys.stderr),
            progress=lambda done, total: watch(done, total, ""),
        )
    manifest, moved_to = restored
    if args.json:
        moved = str(moved_to) if moved_to else None
        print_json({"restored": str(home), "moved_to": moved, **asdict(manifest)})
        return 0
    made = f"{datetime.fromisoformat(manifest.made).astimezone():%Y-%m-%d %H:%M}"
    print(f"Restored {manifest.articles} articles to {home}, as they were on {made}.")
    if moved_to:
        print(f"What was there is in {moved_to}; delete that once you need it no more.")
    return 0


def _file(args: argparse.Namespace) -> Path:
    if not args.file:
        # As `"$UNSET"` gives it.
        raise SettingsError("The path is empty; name a file.")
    return Path(args.file).absolute()
