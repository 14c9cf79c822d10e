"""The rules of the house: imports go one way, and each vendor has one place."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGES = ("rag", "ingest", "eval", "ui")
MAY_IMPORT = {
    "rag": set(),
    "ingest": {"rag"},
    "eval": {"rag", "ingest"},
    "ui": {"rag", "ingest", "eval"},
}
VENDORS = {
    "chromadb": {"rag/index_vectors.py"},
    "tantivy": {"rag/index_words.py"},
    "onnxruntime": {"rag/model_files.py", "rag/training/graph.py"},
    "onnx": {
        "rag/training/embedder.py",
        "rag/training/graph.py",
        "rag/training/reader_onnx.py",
    },
    "safetensors": {
        "rag/training/embedder.py",
        "rag/training/reader.py",
        "rag/training/reader_onnx.py",
    },
    "torch": {
        "rag/training/reader.py",
        "rag/training/reader_batches.py",
        "rag/training/reader_net.py",
    },
    "openai": {"rag/llm.py", "rag/llm_attempt.py", "rag/llm_faults.py"},
    "pydantic": {"eval/results_file.py", "rag/answer_json.py", "rag/llamaindex.py"},
    "jinja2": {"eval/reports/html.py", "ui/export_page.py", "ui/sign_in_page.py"},
    "tokenizers": {
        "rag/model_files.py",
        "rag/reader_input.py",
        "rag/training/reader.py",
        "rag/training/reader_batches.py",
    },
    "trafilatura": {"ingest/formats/html.py"},
    "lxml": {"ingest/formats/fragment.py", "ingest/formats/html.py"},
    "certifi": {"ingest/web/network.py"},
    "idna": {"ingest/web/address.py"},
    "protego": {"ingest/web/robots.py"},
    "pypdf": {"ingest/formats/pdf.py"},
    "watchfiles": {"ingest/watch.py"},
    "nltk": {"ingest/sentences.py"},
    "yaml": {
        "ingest/header.py",
        "eval/learning/claim_pairs.py",
        "eval/learning/claim_windows.py",
        "eval/questions/yaml_lines.py",
    },
    "filelock": {"rag/lock.py", "ui/users_file.py"},
    "sqlite3": {
        "rag/database.py",
        "rag/database_faults.py",
        "rag/database_file.py",
        "rag/history_db.py",
        "rag/snapshot.py",
        "ui/doctor.py",
    },
    "gradio": {
        "ui/chat/ask_tab.py",
        "ui/chat/history_bar.py",
        "ui/chat/library_tab.py",
        "ui/chat/page.py",
        "ui/chat/server.py",
        "ui/chat/visitor.py",
    },
    "fastapi": {"ui/chat/server.py"},
    "uvicorn": {"ui/ui_command.py"},
    "llama_index": {"rag/nodes.py", "rag/llamaindex.py", "rag/index_vectors.py"},
    "tiktoken": {"rag/tokens.py"},
    "rich": {
        "ui/ask.py",
        "ui/render.py",
        "ui/render_answer.py",
        "ui/commands.py",
        "ui/progress.py",
        "ui/eval_command.py",
        "ui/eval_compare.py",
        "eval/reports/terminal.py",
    },
}
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path} imports relatively"
            names.add(node.module)
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    ours = {name.split(".")[0] for name in imported(path)} & set(PACKAGES)
    assert ours - {package} <= MAY_IMPORT[package]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_each_vendor_is_touched_in_its_own_place(path: Path) -> None:
    tops = {name.split(".")[0] for name in imported(path)}
    place = str(path.relative_to(ROOT))
    assert [v for v in tops & set(VENDORS) if place not in VENDORS[v]] == []


def test_no_two_modules_import_each_other() -> None:
    def module(path: Path) -> str:
        return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")

    graph = {module(p): imported(p) for p in FILES}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name in graph and name not in done:
            for other in graph[name]:
                visit(other, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_what_a_module_exports_exists_and_is_sorted(path: Path) -> None:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    if name.startswith("rag.training.") or name == "eval.learning.reader_trials":
        for vendor in ("onnx", "safetensors", "torch"):
            pytest.importorskip(vendor, reason="the extra `train` is not installed")
    module = importlib.import_module(name)
    exported = getattr(module, "__all__", [])
    assert [e for e in exported if not hasattr(module, e)] == []
    constants = sorted(e for e in exported if e.isupper())
    classes = sorted(e for e in exported if not e.isupper() and e[0].isupper())
    functions = sorted(e for e in exported if e[0].islower())
    assert list(exported) == constants + classes + functions
