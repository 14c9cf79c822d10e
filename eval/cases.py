"""Gold files: hand-written questions with what a right answer holds.

`docs/eval.md` explains every field. A mistake in a file is told with its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from rag.errors import SettingsError

__all__ = ["Case", "Gold", "Kind", "Support", "load_gold"]

Kind = Literal["who", "when", "where", "how-many", "why", "what", "how", "list", "yes-no"]

_CASE_FIELDS = frozenset(
    "id question kind accept accept_all answer support wording scope need abstain miss"
    " notes".split()
)
_GOLD_FIELDS = frozenset("version collection articles thresholds questions".split())


@dataclass(frozen=True, slots=True)
class Support:
    """A sentence that answers: one of this article in which all patterns are found."""

    article: str
    sentence: tuple[re.Pattern[str], ...]

    def matches(self, quote: str) -> bool:
        """Whether a quotation is such a sentence."""
        return all(pattern.search(quote) for pattern in self.sentence)


@dataclass(frozen=True, slots=True)
class Case:
    """One question."""

    id: str
    question: str
    kind: Kind
    accept: tuple[tuple[str, ...], ...]
    """A right answer holds one string of each group. Empty where only `support` decides."""
    support: tuple[Support, ...]
    need_all: bool
    """Whether every article named in `support` has to be cited."""
    abstain: bool
    """Whether the articles do not answer it."""
    tags: frozenset[str]
    """`paraphrase`, `across`, `differ`, `near` and `far`, where they apply."""


@dataclass(frozen=True, slots=True)
class Gold:
    """A gold file."""

    path: Path
    articles: Mapping[str, str]
    """Short names of articles and the file-name patterns they stand for."""
    thresholds: Mapping[str, float]
    """Lowest values by metric; a run below any of them fails."""
    cases: tuple[Case, ...]

    def article_of(self, source: str) -> str | None:
        """The short name of the article read from a file."""
        name = Path(source).name
        return next((k for k, glob in self.articles.items() if fnmatch(name, glob)), None)


def load_gold(path: Path) -> Gold:
    """Read and check a gold file.

    Raises:
        SettingsError: it can't be read, or something in it is not as it should be; the
            message names the question and the field.
    """
    try:
        table = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(f"The gold file {path} can't be read ({exc}).") from exc
    except yaml.YAMLError as exc:
        place = " ".join(str(exc).split())
        raise SettingsError(f"The gold file {path} is not valid YAML: {place}.") from exc
    if not isinstance(table, dict) or not isinstance(table.get("questions"), list):
        raise SettingsError(f"The gold file {path} has no list of `questions`.")
    _only(table, _GOLD_FIELDS, str(path))
    articles = {str(k): str(v) for k, v in (table.get("articles") or {}).items()}
    cases = tuple(_case(row, n, articles, path) for n, row in enumerate(table["questions"], 1))
    if not cases:
        raise SettingsError(f"The gold file {path} has no questions.")
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            raise SettingsError(f"{path}: two questions have the id {case.id!r}.")
        seen.add(case.id)
    thresholds = {str(k): float(v) for k, v in (table.get("thresholds") or {}).items()}
    return Gold(path, articles, thresholds, cases)


def _case(row: Any, n: int, articles: Mapping[str, str], path: Path) -> Case:
    if not isinstance(row, dict):
        raise SettingsError(f"{path}: question {n} is not a mapping.")
    where = f"{path}: question {row.get('id') or n!r}"
    _only(row, _CASE_FIELDS, where)
    for name in ("id", "question", "kind"):
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise SettingsError(f"{where} lacks `{name}`.")
    if row["kind"] not in get_args(Kind):
        raise SettingsError(
            f"{where}: kind {row['kind']!r} is none of {', '.join(get_args(Kind))}."
        )
    abstain = row.get("abstain", False) is True
    support = tuple(_support(s, articles, where) for s in row.get("support") or [])
    if abstain == bool(support):
        raise SettingsError(f"{where} needs either `support` or `abstain: true`.")
    groups = row.get("accept_all") or ([row["accept"]] if row.get("accept") else [])
    if not abstain and not groups and row.get("answer") not in ("yes", "no"):
        raise SettingsError(f'{where} needs `accept`, `accept_all`, or `answer: "yes"`/`"no"`.')
    wording = row.get("wording")
    tags = {row.get("scope"), row.get("miss"), "paraphrase" if wording else None} - {None}
    return Case(
        id=row["id"],
        question=row["question"].strip(),
        kind=row["kind"],
        accept=tuple(tuple(str(s) for s in group) for group in groups),
        support=support,
        need_all=row.get("need") == "all",
        abstain=abstain,
        tags=frozenset(str(t) for t in tags),
    )


def _support(row: Any, articles: Mapping[str, str], where: str) -> Support:
    if not isinstance(row, dict) or set(row) != {"article", "sentence"}:
        raise SettingsError(
            f"{where}: each `support` needs `article` and `sentence`, nothing else."
        )
    if str(row["article"]) not in articles:
        raise SettingsError(f"{where}: article {row['article']!r} is not listed under `articles`.")
    patterns = row["sentence"]
    if not isinstance(patterns, list) or not patterns:
        raise SettingsError(f"{where}: `sentence` is a list of patterns.")
    try:
        compiled = tuple(re.compile(str(p), re.IGNORECASE) for p in patterns)
    except re.error as exc:
        raise SettingsError(f"{where}: the pattern {exc.pattern!r} is not valid ({exc}).") from exc
    return Support(str(row["article"]), compiled)


def _only(row: Mapping[Any, Any], known: frozenset[str], where: str) -> None:
    unknown: Sequence[str] = [str(k) for k in row if k not in known]
    if unknown:
        raise SettingsError(f"{where}: there is no field {unknown[0]!r}.")
