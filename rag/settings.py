"""Settings: one frozen object, read once at the entry point and passed on.

A value comes from the command line, else the environment (`CITEWIRE_` and the name in
capitals), else `citewire.toml` in the home directory, else the default.
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, NamedTuple

import platformdirs

from rag.errors import SettingsError

__all__ = ["NAMED", "Origin", "Settings", "SettingsWithOrigins", "home_directory", "load_settings"]

Origin = Literal["flag", "environment", "file", "default"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that changes what Citewire does. Field docs give unit and range."""

    passage_words: int = 180
    """Most words in a passage, 20 to 1000. Changing it re-ingests what is ingested next."""
    overlap_sentences: int = 1
    """Sentences a passage repeats from the one before it, 0 to 5."""
    max_file_mb: int = 20
    """Files larger than this many megabytes are rejected, 1 to 1000."""
    pool: int = 100
    """Passages taken from each index before fusion, 10 to 1000."""
    dense_weight: float = 0.5
    """Weight of the vector index in fusion, 0 (words only) to 1 (vectors only)."""
    passages: int = 16
    """Passages kept after fusion, whose sentences are weighed, 1 to 100."""
    read_windows: int = 12
    """Windows of about 60 words, around the best sentences, that the reader reads, 1 to 100."""
    max_quotes: int = 3
    """Most quotations in an answer, 1 to 10."""
    quote_share: float = 0.8
    """Quoting stops once the quotations hold this share of belief, 0 to 1."""
    answer_threshold: float = 0.4
    """Below this confidence the answer is that the articles do not say, 0 to 1; also by name,
    `cautious`, `balanced` or `eager`."""
    threads: int = 2
    """Processor threads for the models in the package, 1 to 64."""
    writer: str = "auto"
    """Who writes answers: `quotes` needs no model, `model` does, `auto` takes a model where
    `OPENAI_API_KEY` or `OPENAI_BASE_URL` is set."""
    model: str = ""
    """Name of the model that writes; empty for the only one a server has, or for OpenAI's
    `gpt-4.1-mini`."""
    unsupported: str = "drop"
    """What becomes of a model's sentence that the articles do not carry: `drop` or `mark`."""
    temperature: float = 0.0
    """The model's, 0 to 2; 0 for the likeliest words."""
    max_tokens: int = 800
    """Most tokens the model may write, 50 to 32000; models that reason need thousands."""
    context_window: int = 0
    """Tokens that the model reads and writes at most, up to 2000000; 0 where it is known, or for
    4096."""
    evidence_tokens: int = 2500
    """Most tokens of sentences that the model is shown, 100 to 1000000."""
    deadline_s: float = 60.0
    """Most seconds for the model's answer, with one retry, 1 to 3600."""
    first_token_s: float = 30.0
    """Most seconds until it begins to write, 1 to 3600."""
    between_tokens_s: float = 15.0
    """Most seconds between two pieces of what it writes, 1 to 3600."""
    prompt_price: float = 0.0
    """US dollars a million tokens it reads, up to 10000; 0 where it is known."""
    completion_price: float = 0.0
    """US dollars a million tokens it writes, up to 10000; 0 where it is known."""

    @property
    def hash(self) -> str:
        """Twelve hexadecimal digits that change with any value."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:12]


class SettingsWithOrigins(NamedTuple):
    """Settings and where each value came from."""

    values: Settings
    origins: Mapping[str, Origin]


_RANGES: dict[str, tuple[float, float]] = {
    "passage_words": (20, 1000),
    "overlap_sentences": (0, 5),
    "max_file_mb": (1, 1000),
    "pool": (10, 1000),
    "dense_weight": (0, 1),
    "passages": (1, 100),
    "read_windows": (1, 100),
    "max_quotes": (1, 10),
    "quote_share": (0, 1),
    "answer_threshold": (0, 1),
    "threads": (1, 64),
    "temperature": (0, 2),
    "max_tokens": (50, 32_000),
    "context_window": (0, 2_000_000),
    "evidence_tokens": (100, 1_000_000),
    "deadline_s": (1, 3600),
    "first_token_s": (1, 3600),
    "between_tokens_s": (1, 3600),
    "prompt_price": (0, 10_000),
    "completion_price": (0, 10_000),
}
_CHOICES: dict[str, tuple[str, ...]] = {
    "writer": ("auto", "quotes", "model"),
    "unsupported": ("drop", "mark"),
}
_NAMES = frozenset(f.name for f in fields(Settings))

NAMED: Mapping[str, Mapping[str, float]] = {
    "answer_threshold": {"cautious": 0.6, "balanced": 0.4, "eager": 0.2}
}
"""Values that may be given by name."""


def home_directory(flag: str | None, environ: Mapping[str, str] = os.environ) -> Path:
    """Where the library lives: `--home`, else `CITEWIRE_HOME`, else the platform's place."""
    chosen = flag or environ.get("CITEWIRE_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute()
    return Path(platformdirs.user_data_dir("citewire", appauthor=False))


def load_settings(
    home: Path,
    flags: Mapping[str, str] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> SettingsWithOrigins:
    """Read the settings in force.

    Args:
        home: the directory that may hold `citewire.toml`.
        flags: values from the command line, as typed.
        environ: the environment.

    Raises:
        SettingsError: a name is unknown, a value is malformed or out of range, or
            `citewire.toml` can't be read.
    """
    values: dict[str, int | float | str] = {}
    origins: dict[str, Origin] = {}
    from_file = _read_file(home / "citewire.toml")
    for name in flags or {}:
        if name not in _NAMES:
            raise SettingsError(f"There is no setting {name!r}; `citewire settings` lists them.")
    for f in fields(Settings):
        variable = f"CITEWIRE_{f.name.upper()}"
        candidates: list[tuple[Origin, str, Any]] = [
            ("flag", f"--set {f.name}", (flags or {}).get(f.name)),
            ("environment", variable, environ.get(variable) or None),
            ("file", f"{f.name} in {home / 'citewire.toml'}", from_file.get(f.name)),
        ]
        for origin, where, raw in candidates:
            if raw is not None:
                values[f.name] = _checked(f.name, type(f.default), raw, where)
                origins[f.name] = origin
                break
        else:
            origins[f.name] = "default"
    # Each value was made with its own field's type, which a mapping can't say.
    return SettingsWithOrigins(Settings(**values), origins)  # type: ignore[arg-type]


def _checked(name: str, kind: type, raw: object, where: str) -> int | float | str:
    if kind is str:
        return _checked_text(name, raw, where)
    low, high = _RANGES[name]
    noun = "a whole number" if kind is int else "a number"
    names = NAMED.get(name, {})
    if isinstance(raw, str) and raw in names:
        return names[raw]
    try:
        if isinstance(raw, bool) or (kind is int and isinstance(raw, float)):
            raise ValueError
        value: int | float = int(str(raw)) if kind is int else float(str(raw))
        if not low <= value <= high:
            raise ValueError
    except (TypeError, ValueError):
        raise SettingsError(
            f"{where} is {raw!r}, but has to be {noun} from {low:g} to {high:g}"
            f"{', or ' if names else ''}{', '.join(names)}."
        ) from None
    return value


def _checked_text(name: str, raw: object, where: str) -> str:
    choices = _CHOICES.get(name)
    if not isinstance(raw, str) or not raw.isprintable() or (choices and raw not in choices):
        what = f"one of {', '.join(choices)}" if choices else "a name"
        raise SettingsError(f"{where} is {raw!r}, but has to be {what}.")
    return raw.strip()


def _read_file(path: Path) -> Mapping[str, object]:
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as exc:
        raise SettingsError(f"{path} can't be read ({exc.strerror}).") from exc
    try:
        table = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise SettingsError(f"{path} is not valid TOML: {exc}.") from exc
    for name in table:
        if name not in _NAMES:
            raise SettingsError(
                f"{path} sets {name!r}, which is no setting; `citewire settings` lists them."
            )
    return table
