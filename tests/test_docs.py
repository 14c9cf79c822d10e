"""Docs that say what is true: commands exist, settings are listed, links lead somewhere."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from rag.settings import Settings
from tests.conftest import ROOT, SEEDS
from ui.cli import build_parser

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_command_shown_exists(page: Path) -> None:
    parser = build_parser()
    (commands,) = (a for a in parser._actions if a.dest == "command")
    assert commands.choices is not None
    shown = re.findall(r"(?:^|[`&|(] *)citewire ([a-z]+)", page.read_text(), re.MULTILINE)
    assert [c for c in shown if c not in commands.choices] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text())
    local = [link for link in links if not link.startswith("http")]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_every_setting_is_explained() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| ([\w.]+) \|", page, re.MULTILINE))
    assert rows == {f.name: str(f.default) for f in fields(Settings)}


def test_ci_runs_the_readmes_two_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    ci = (ROOT / ".ci" / "run").read_text()
    first, second = re.findall(r"^```\n(pip install .*)\n```", readme, re.MULTILINE)
    for command in (first, second):
        assert command.replace("pip install", "pip install --quiet") in ci


@pytest.mark.parametrize("path", sorted(SEEDS.iterdir()), ids=lambda p: p.name)
def test_each_sample_article_says_that_it_is_a_digest(path: Path) -> None:
    head = path.read_text().splitlines()[:2]
    assert any(re.match(r"(?i)outlet: .*\(digest\)$", line) for line in head)


def test_the_samples_quote_nobody() -> None:
    """What people said is told in indirect speech: no long stretch in quotation marks."""
    for path in SEEDS.iterdir():
        quoted = re.findall(r"[“\"]([^”\"]+)[”\"]", path.read_text())
        assert [q for q in quoted if len(q.split()) > 4] == []
