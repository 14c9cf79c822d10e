"""A run written down: for programs, for CI and for people.

`results.json` is read back by the next run, `junit.xml` by CI, `summary.md` by GitHub's page
of a run, `report.html` by whoever wants to see why a number is what it is.
"""

from __future__ import annotations

from pathlib import Path

from eval.files import write_whole
from eval.reports.html import report_html
from eval.reports.junit import junit_xml
from eval.reports.summary import summary_md
from eval.results import Results
from eval.results_file import results_json
from rag.errors import SettingsError

__all__ = ["last_report", "write_report"]


def last_report(home: Path) -> Path:
    """Where the report of the last run is kept, for the page to show."""
    return home / "report"


def write_report(
    results: Results, folder: Path, baseline: Results | None = None
) -> tuple[Path, ...]:
    """Write the four files; the folder is made where there is none.

    Args:
        results: the run.
        folder: where to; files of an earlier report are replaced.
        baseline: the run it was compared with; each question is then shown beside it.

    Returns:
        The paths of `results.json`, `junit.xml`, `summary.md` and `report.html`.

    Raises:
        SettingsError: the folder can't be written to.
    """
    # All are made before the first is written: a fault leaves the last report as it was.
    contents = {
        "results.json": results_json(results),
        "junit.xml": junit_xml(results),
        "summary.md": summary_md(results, baseline),
        "report.html": report_html(results, baseline),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tuple(write_whole(folder / name, text) for name, text in contents.items())
    except OSError as exc:
        why = exc.strerror or type(exc).__name__
        raise SettingsError(f"The report can't be written to {str(folder)!r} ({why}).") from exc
