"""Docs that say what is true: commands exist, settings are listed, links lead somewhere."""

from __future__ import annotations

import re
import shlex
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from eval.metrics import METRICS
from eval.questions.gold_case import FIELDS as CASE_FIELDS
from eval.questions.gold_file import FIELDS as FILE_FIELDS
from rag.settings import Settings
from tests.conftest import ROOT, SEEDS
from ui.cli import build_parser

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("document", PAGES, ids=lambda p: p.name)
def test_every_command_shown_exists(document: Path) -> None:
    parser = build_parser()
    (commands,) = (a for a in parser._actions if a.dest == "command")
    assert commands.choices is not None
    shown = re.findall(r"(?:^|[`&|(] *)citewire ([a-z]+)", document.read_text(), re.MULTILINE)
    assert [c for c in shown if c not in commands.choices] == []


WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"


@pytest.mark.parametrize("document", [*PAGES, WORKFLOW, ROOT / ".ci" / "run"], ids=lambda p: p.name)
def test_every_command_line_shown_has_options_that_exist(document: Path) -> None:
    """Lines of code blocks and scripts, as typed: the parser takes them."""
    text = document.read_text()
    if document.suffix == ".md":
        text = "\n".join(re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    joined = re.sub(r"\s*\\\n\s*", " ", re.sub(r">-\n((?:\s{10,}.*\n)+)", _folded, text))
    lines = re.findall(r"(?:^|[|&(:] *)citewire ([a-z][^#|&)\n]*)", joined, re.MULTILINE)
    for line in lines:
        arguments = shlex.split(re.sub(r" >\S+", "", line.replace("…", "x")))
        build_parser().parse_args(arguments)


def _folded(match: re.Match[str]) -> str:
    return " ".join(match[1].split()) + "\n"


def test_github_runs_what_ci_runs() -> None:
    workflow = yaml.safe_load(WORKFLOW.read_text())
    job = workflow["jobs"]["test"]
    matrix = job["strategy"]["matrix"]
    assert [os.split("-")[0] for os in matrix["os"]] == ["ubuntu", "macos", "windows"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = [c.rsplit(" ", 1)[1] for c in project["classifiers"] if "Python :: 3." in c]
    assert matrix["python"] == listed
    steps = "\n".join(" ".join(step.get("run", "").split()) for step in job["steps"])
    script = " ".join((ROOT / ".ci" / "run").read_text().replace("\\\n", " ").split())
    for gate in ("seeds", "wire"):
        (shown,) = re.findall(
            rf"citewire eval[^|\n]*?baselines/{gate}\.json --max-drop [\d.]+", steps
        )
        assert shown in script
    for check in ("pytest", "ruff check .", "ruff format --check .", "mypy"):
        assert check in steps and check in script


def test_every_score_and_gold_field_is_explained() -> None:
    page = (ROOT / "docs" / "eval.md").read_text()
    for metric in METRICS:
        first = metric.name.split(",")[0]
        assert first in page, metric.name
    for name in (*CASE_FIELDS, *FILE_FIELDS):
        assert f"`{name}" in page, name


@pytest.mark.parametrize("document", PAGES, ids=lambda p: p.name)
def test_every_link_leads_to_a_file(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", document.read_text())
    local = [link for link in links if not link.startswith("http")]
    assert [link for link in local if not (document.parent / link).exists()] == []


def test_every_setting_is_explained() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| ([\w.]*) \|", page, re.MULTILINE))
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
