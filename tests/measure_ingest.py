"""How fast articles are ingested, and in how much memory: `python -m tests.measure_ingest`.

Beside Citewire runs LlamaIndex's starter recipe, with the same embedding model: read the folder,
split, embed, store in Chroma. It runs twice, with chunks of 1,024 tokens as the recipe has them
(of which the model reads the first 256), and with chunks of 256, all of whose words it reads.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from tests.conftest import ROOT

_EVERY_S = 0.5
_CITEWIRE = "import sys; from ui.cli import main; sys.exit(main())"


def write_articles(corpus: Path, folder: Path, most: int) -> int:
    """Write the articles of a BEIR corpus as text files; returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    with gzip.open(corpus, "rt", encoding="utf-8") as lines:
        for n, line in enumerate(islice(lines, most), 1):
            row = json.loads(line)
            known = row.get("metadata") or {}
            head = [f"{k.title()}: {known[k]}" for k in ("outlet", "date") if known.get(k)]
            text = "\n".join([*head, "", row["title"], "", row["text"], ""])
            (folder / f"{n:05}.txt").write_text(text, encoding="utf-8")
    return n


def recipe(folder: Path, home: Path, chunk: int) -> None:
    """LlamaIndex's starter recipe."""
    import chromadb
    from llama_index.core import (
        SimpleDirectoryReader,
        StorageContext,
        VectorStoreIndex,
    )
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.vector_stores.chroma import ChromaVectorStore

    from rag.llamaindex import CitewireEmbedding

    collection = chromadb.PersistentClient(path=str(home)).create_collection("articles")
    storage = StorageContext.from_defaults(
        vector_store=ChromaVectorStore(chroma_collection=collection)
    )
    VectorStoreIndex.from_documents(
        SimpleDirectoryReader(str(folder)).load_data(),
        storage_context=storage,
        transformations=[SentenceSplitter(chunk_size=chunk, chunk_overlap=min(200, chunk // 8))],
        embed_model=CitewireEmbedding(threads=os.cpu_count() or 1),
    )
    print(f"{collection.count()} chunks")


def timed(command: Sequence[str]) -> tuple[float, float, str]:
    """Run a command; seconds, the peak of all its processes' memory in MB, its sum."""
    began = time.monotonic()
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    peak = 0

    def watch() -> None:
        nonlocal peak
        while process.poll() is None:
            peak = max(peak, _memory_kb(process.pid))
            time.sleep(_EVERY_S)

    watcher = threading.Thread(target=watch)
    watcher.start()
    out, _ = process.communicate()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}: {out[-500:]}")
    told = [line for line in out.splitlines() if line[:1].isdigit()]
    return time.monotonic() - began, peak / 1000, told[-1] if told else ""


def _memory_kb(number: int) -> int:
    """Of a process and its descendants: what is theirs, and their share of what is not."""
    total = 0
    try:
        rollup = Path(f"/proc/{number}/smaps_rollup").read_text()
        total += next(int(line.split()[1]) for line in rollup.splitlines() if "Pss:" in line)
        for task in Path(f"/proc/{number}/task").iterdir():
            for child in (task / "children").read_text().split():
                total += _memory_kb(int(child))
    except (OSError, StopIteration):
        pass  # it has just ended
    return total


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path, help="corpus.jsonl.gz in BEIR's layout")
    parser.add_argument("--articles", type=int, default=1_000_000, help="the first so many")
    parser.add_argument("--work", type=Path, help="keep the articles and libraries here")
    parser.add_argument("--only", choices=("citewire", "recipe"))
    parser.add_argument("--recipe", nargs=3, metavar=("FOLDER", "HOME", "CHUNK"), help="run that")
    args = parser.parse_args()
    if args.recipe:
        recipe(Path(args.recipe[0]), Path(args.recipe[1]), int(args.recipe[2]))
        return 0
    with tempfile.TemporaryDirectory(prefix="citewire-ingest-") as name:
        work = args.work or Path(name)
        folder, home = work / "articles", work / "home"
        n = write_articles(args.corpus, folder, args.articles)
        print(f"{n} articles, {os.cpu_count()} cores", flush=True)
        runs: list[tuple[str, list[str]]] = []
        if args.only != "recipe":
            ours = [sys.executable, "-c", _CITEWIRE, "ingest", str(folder), "--home", str(home)]
            runs += [("citewire, first", ours), ("citewire, second", ours)]
        if args.only != "citewire":
            itself = [sys.executable, "-m", "tests.measure_ingest", str(args.corpus), "--recipe"]
            runs += [
                (f"recipe, chunks of {c}", [*itself, str(folder), str(work / f"li{c}"), str(c)])
                for c in (1024, 256)
            ]
        for what, command in runs:
            seconds, mb, last = timed(command)
            rate = f"{n / seconds:8.1f} articles/s, peak {mb:6.0f} MB: {last}"
            print(f"{what:22} {seconds:8.1f} s {rate}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
