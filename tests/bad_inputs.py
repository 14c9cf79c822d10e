"""All the bad inputs that ingest is held to; `tests/test_bad_inputs.py` ingests them at once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.bad_documents import DOCUMENTS
from tests.bad_input import BadInput, Told, report
from tests.bad_json import JSON
from tests.bad_mail import MAIL
from tests.bad_pages import PAGES
from tests.bad_places import OUTSIDE, PLACES
from tests.bad_tables import PACKED, TABLES
from tests.bad_texts import TEXTS

__all__ = ["CASES", "manifest", "write_all"]

CASES = (*TEXTS, *PAGES, *JSON, *TABLES, *PACKED, *DOCUMENTS, *MAIL, *PLACES)


def write_all(root: Path) -> list[Path]:
    """Write every case into a folder of its own; the paths to ingest.

    Args:
        root: an empty folder.
    """
    (root / OUTSIDE).write_text(report("Outa"))
    for case in CASES:
        path = _path(root, case)
        path.parent.mkdir(parents=True)
        case.write(path)
    return [root / "found", *(_path(root, case) for case in CASES if case.named)]


def manifest(root: Path, cases: Iterable[BadInput]) -> dict[str, Told]:
    """What is to be said in these cases, by the path that it is said of."""
    return {
        f"{_path(root, case).with_name(told.file or case.file)}{f'#{told.key}' * bool(told.key)}": (
            told
        )
        for case in cases
        for told in case.told
    }


def _path(root: Path, case: BadInput) -> Path:
    return root / ("named" if case.named else "found") / case.name / case.file
