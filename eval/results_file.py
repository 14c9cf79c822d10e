"""Writing results down as `results.json`, and reading them back."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from eval.results import SCHEMA, Results
from rag.errors import SettingsError

__all__ = ["read_results", "results_json"]

_ADAPTER = TypeAdapter(Results)


def results_json(results: Results) -> str:
    """The content of `results.json`: a question a line, so that two can be compared by line."""
    plain = _ADAPTER.dump_python(results, mode="json")
    questions = plain.pop("questions")
    head = json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False)
    rows = ",\n".join(
        "  " + json.dumps(row, ensure_ascii=False, allow_nan=False) for row in questions
    )
    return head.removesuffix("\n}") + f',\n "questions": [\n{rows}\n ]\n}}\n'


def read_results(path: Path) -> Results:
    """Read a `results.json` or a baseline.

    Raises:
        SettingsError: the file can't be read, or is of another form.
    """
    if path.is_dir():
        # A report's folder stands for the results in it.
        path /= "results.json"
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise SettingsError(f"The results {path} can't be read ({exc.strerror}).") from exc
    try:
        results = _ADAPTER.validate_json(content)
    except ValidationError as exc:
        first = exc.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise SettingsError(f"{path} is not a file of results ({place}: {first['msg']}).") from exc
    if results.schema != SCHEMA:
        raise SettingsError(
            f"{path} has the form {results.schema!r}; this version reads {SCHEMA!r}."
        )
    return results
