"""Forty ingests killed at bad moments; `python -m tests.measure_kills` kills more."""

from __future__ import annotations

from pathlib import Path

from tests.kill_rounds import kill_rounds


def test_no_kill_loses_an_article_or_leaves_a_wrong_index(tmp_path: Path) -> None:
    outcome = kill_rounds(40, tmp_path, seed=1)
    assert outcome.kills >= 40
    assert outcome.lost == outcome.duplicates == outcome.wrong == outcome.problems == []
    # Else no kill came while an index was written, and the test showed nothing.
    assert sum(n for moment, n in outcome.by_moment.items() if moment.startswith("index/")) >= 10
    assert outcome.mended >= 10
