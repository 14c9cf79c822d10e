"""Reading gold files. `docs/eval.md` explains every field.

Every mistake is told with its file, line and field; nothing is guessed or passed over.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from eval.questions.cases import ArticleFacts, Gold
from eval.questions.gold_case import CaseReader
from eval.questions.mistakes import Mistake, Notes
from eval.questions.yaml_lines import Document, Malformed, load_yaml
from rag.errors import SettingsError

__all__ = ["FIELDS", "check_gold", "load_gold"]

FIELDS = "version collection articles thresholds questions".split()


def load_gold(path: Path) -> Gold:
    """Read a gold file, or all `.yaml` files of a folder as one.

    Raises:
        SettingsError: it can't be read, or something in it is not as it should be; the
            message names the first mistake's file, line and field.
    """
    gold, mistakes = check_gold(path)
    if gold is None or mistakes:
        more = len(mistakes) - 1
        rest = f" (and {more} more; `citewire eval --check` shows all)" if more else ""
        raise SettingsError(f"{mistakes[0]}{rest}")
    return gold


def check_gold(path: Path) -> tuple[Gold | None, tuple[Mistake, ...]]:
    """Read a gold file or folder and find every mistake in it.

    Returns:
        The gold, as far as it could be read, and the mistakes.

    Raises:
        SettingsError: there is no such file, or a folder without gold files.
    """
    if path.is_dir():
        files = sorted((*path.glob("*.yaml"), *path.glob("*.yml")))
        if not files:
            raise SettingsError(f"The folder {path} has no gold file (.yaml).")
    else:
        files = [path]
    read = [_read(file) for file in files]
    parts = [gold for gold, _ in read]
    mistakes = [m for _, found in read for m in found]
    whole = [part for part in parts if part]
    if not whole:
        return None, tuple(mistakes)
    thresholds: dict[str, float] = {}
    seen: dict[str, Path] = {}
    for part in whole:
        for name, least in part.thresholds.items():
            if thresholds.setdefault(name, least) != least:
                message = f"thresholds, {name}: another file of the folder has another value"
                mistakes.append(Mistake(part.path, 1, message))
        for case in part.cases:
            if seen.setdefault(case.id, part.path) != part.path:
                message = f"question {case.id!r}: {seen[case.id].name} has this id too"
                mistakes.append(Mistake(part.path, 1, message))
    articles = tuple(article for part in whole for article in part.articles)
    cases = tuple(case for part in whole for case in part.cases)
    return Gold(path, articles, thresholds, cases), tuple(mistakes)


def _read(path: Path) -> tuple[Gold | None, list[Mistake]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as exc:
        raise SettingsError(f"The gold file {path} can't be read ({exc.strerror or exc}).") from exc
    except UnicodeDecodeError as exc:
        line = exc.object[: exc.start].count(b"\n") + 1
        return None, [Mistake(path, line, "not UTF-8 text")]
    try:
        document = load_yaml(text)
    except Malformed as exc:
        return None, [Mistake(path, exc.line, str(exc))]
    notes = Notes(path, document)
    return _gold(path, document, notes), notes.mistakes


def _gold(path: Path, document: Document, notes: Notes) -> Gold | None:
    table = document.value
    if not isinstance(table, dict):
        notes.wrong((), "the file has no list of `questions`")
        return None
    notes.only(table, FIELDS, (), "the file")
    if table.get("version", 1) != 1:
        notes.wrong(("version",), f"version: {table['version']!r} is not 1")
    articles = _articles(_mapping(table, "articles", notes), notes)
    thresholds = _thresholds(_mapping(table, "thresholds", notes), notes)
    rows = table.get("questions")
    if not isinstance(rows, list) or not rows:
        notes.wrong(("questions",), "the file has no list of `questions`")
        return None
    reader = CaseReader({a.name: a.files for a in articles}, notes)
    cases = [reader.read(row, n) for n, row in enumerate(rows)]
    ids: set[str] = set()
    for n, case in enumerate(cases):
        if case and case.id in ids:
            notes.wrong(("questions", n), f"two questions have the id {case.id!r}")
        ids |= {case.id} if case else set()
    return Gold(path, articles, thresholds, tuple(c for c in cases if c))


def _articles(table: Mapping[Any, Any], notes: Notes) -> tuple[ArticleFacts, ...]:
    found: list[ArticleFacts] = []
    for name, value in table.items():
        place, where = ("articles", str(name)), f"articles, {name}"
        row = {"file": value} if isinstance(value, str) else value
        if not isinstance(row, dict) or not _is_text(row.get("file")):
            notes.wrong(place, f"{where}: {value!r} is no file name")
            continue
        notes.only(row, ["file", "outlet", "published", "title"], place, where)
        stated: dict[str, str | date | None] = {}
        for field in ("outlet", "title"):
            if field in row:
                stated[field] = " ".join(row[field].split()) if _is_text(row[field]) else None
                if row[field] is not None and not _is_text(row[field]):
                    notes.wrong((*place, field), f"{where}, {field}: {row[field]!r} is no text")
        if "published" in row:
            day = row["published"]
            stated["published"] = day
            if day is not None and (not isinstance(day, date) or isinstance(day, datetime)):
                message = f"{where}, published: {day!r} is no day; write it as 2023-02-20"
                notes.wrong((*place, "published"), message)
        found.append(ArticleFacts(str(name), row["file"], stated))
    return tuple(found)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _thresholds(table: Mapping[Any, Any], notes: Notes) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in table.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not math.isfinite(value):
            notes.wrong(("thresholds", str(name)), f"thresholds, {name}: {value!r} is no number")
        else:
            found[str(name)] = float(value)
    return found


def _mapping(table: Mapping[Any, Any], field: str, notes: Notes) -> Mapping[Any, Any]:
    value = table.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        notes.wrong((field,), f"{field}: it is a list of names with a value each")
        return {}
    return value
