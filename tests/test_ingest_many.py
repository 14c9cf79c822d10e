"""Files of several articles: each is followed by its own name, whatever happens to the others."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from ingest.pipeline import FileStatus, IngestReport
from rag import shelf
from rag.corrections import Corrections
from rag.library import Library
from tests.conftest import OTHER, STORY, Run
from tests.test_ingest_again import forbid

Take = Callable[..., IngestReport]
TEXTS = {
    "ferry": "The ferry Halcyon struck the north pier on Thursday, injuring fourteen people.",
    "hall": "The council of Lowmarket voted to rebuild the market hall that burned in March.",
    "mill": "A mill on the river Sall burned down on Monday; nobody was hurt, the owner said.",
}


@pytest.fixture(autouse=True)
def read_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What reading processes do is the same (tests/test_ingest_stops.py), and a second slower."""
    monkeypatch.setattr("ingest.pipeline._is_harmless", lambda _: True)


def written(path: Path, content: str) -> Path:
    path.write_text(content)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


def json_lines(texts: dict[str, str], **more: str) -> str:
    rows = (
        {"id": name, "text": text, "title": name.title(), **more} for name, text in texts.items()
    )
    return "".join(json.dumps(row) + "\n" for row in rows)


def separated(texts: dict[str, str]) -> str:
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["id", "title", "text"])
    table.writerows((name, name.title(), text) for name, text in texts.items())
    return out.getvalue()


def mailbox(texts: dict[str, str]) -> str:
    message = (
        "From desk@wire.example Fri May  3 10:00:00 2024\nFrom: Coast Wire <desk@wire.example>\n"
        "Subject: {1}\nMessage-ID: <{0}@wire.example>\nDate: Fri, 3 May 2024 10:00:00 +0000\n"
        "Content-Type: text/plain; charset=utf-8\n\n{2}\n\n"
    )
    return "".join(message.format(n, n.title(), text) for n, text in texts.items())


def feed(texts: dict[str, str]) -> str:
    items = "".join(
        f"<item><title>{n.title()}</title><guid>{n}</guid><description>{t}</description></item>"
        for n, t in texts.items()
    )
    return (
        '<?xml version="1.0"?><rss version="2.0"><channel><title>Coast Wire</title>'
        f"<link>https://wire.example/</link><description>News</description>{items}</channel></rss>"
    )


FORMATS = [
    pytest.param("all.jsonl", json_lines, id="jsonl"),
    pytest.param("all.csv", separated, id="csv"),
    pytest.param("all.mbox", mailbox, id="mbox"),
    pytest.param("all.rss", feed, id="feed"),
]


def told(report: IngestReport) -> list[tuple[str, str]]:
    """Keys (or names of files) with what became of each."""
    return [(f.path.rpartition("#")[2].rpartition("/")[2], f.status) for f in report.files]


def statuses(report: IngestReport) -> list[str]:
    return [f.status for f in report.files]


def texts_of(home: Path) -> list[str]:
    with Library(home) as library:
        return [a.text for a in library.articles()]


@pytest.mark.parametrize(("name", "as_file"), FORMATS)
def test_parts_are_followed_one_by_one(
    name: str,
    as_file: Callable[[dict[str, str]], str],
    *,
    take: Take,
    folder: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = written(folder / name, as_file(TEXTS))
    assert statuses(take()) == ["ingested"] * 3
    with Library(home) as library:
        ids = {a.source: a.id for a in library.articles()}
    with monkeypatch.context() as patch:
        forbid(patch, "reading", "embedding")
        assert statuses(take()) == ["unchanged"] * 3
    with monkeypatch.context() as patch:  # another order, and nothing else
        forbid(patch, "embedding")
        written(file, as_file(dict(reversed(TEXTS.items()))))
        assert statuses(take()) == ["unchanged"] * 3
    changed = {"ferry": TEXTS["ferry"], "hall": TEXTS["hall"].replace("voted", "refused")}
    written(file, as_file(changed))
    assert statuses(take()) == ["unchanged", "updated"]
    with Library(home) as library:
        assert {a.source: a.id for a in library.articles()} == ids
    report = take(prune=True)
    assert statuses(report) == ["unchanged", "unchanged"]
    assert [s.rpartition("#")[0] for s in report.removed] == [str(file)]
    assert len(texts_of(home)) == 2
    assert not any("mill" in text for text in texts_of(home))


def test_a_bad_line_is_told_and_the_others_are_kept(
    take: Take, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = json_lines(TEXTS).splitlines()
    file = written(folder / "all.jsonl", "\n".join(lines))
    take()
    written(file, "\n".join([lines[0], '{"id": "hall", "text": ', lines[2]]))
    report = take(prune=True)
    assert statuses(report) == ["unchanged", "rejected", "unchanged"]
    assert (report.files[1].reason or "").startswith("line 2: ")
    # The bad line may well be the article that is not found any more.
    assert report.removed == ()
    assert len(texts_of(home)) == 3
    forbid(monkeypatch, "reading", "embedding")
    again = take()
    assert sorted(statuses(again)) == ["rejected", "unchanged", "unchanged", "unchanged"]


def test_a_line_that_was_bad_before_keeps_nothing_from_being_pruned(
    take: Take, folder: Path, home: Path
) -> None:
    lines = json_lines(TEXTS).splitlines()
    file = written(folder / "all.jsonl", "\n".join([*lines, "{bad"]))
    take()
    written(file, "\n".join([lines[0], lines[1], "", "{bad"]))
    report = take(prune=True)
    assert [s.rpartition("#")[2] for s in report.removed] == ["mill"]
    assert len(texts_of(home)) == 2


def test_a_part_that_goes_bad_keeps_its_last_good_text(
    take: Take, folder: Path, home: Path
) -> None:
    file = written(folder / "all.csv", separated(TEXTS))
    take()
    written(file, separated({**TEXTS, "hall": ""}))
    report = take(prune=True)
    assert told(report) == [("ferry", "unchanged"), ("hall", "rejected"), ("mill", "unchanged")]
    assert "what was read of it before is kept" in (report.files[1].reason or "")
    assert sorted(texts_of(home)) == sorted(TEXTS.values())


def test_keys_given_twice_are_told_apart(take: Take, folder: Path, home: Path) -> None:
    rows = [{"id": "same", "text": text} for text in TEXTS.values()]
    written(folder / "all.jsonl", "\n".join(map(json.dumps, rows)))
    report = take()
    assert told(report) == [
        ("same", "ingested"),
        ("line 2", "ingested"),
        ("line 3", "ingested"),
    ]
    assert len(texts_of(home)) == 3


def test_a_text_twice_in_one_file_is_stored_once(
    take: Take, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(folder / "all.jsonl", json_lines({**TEXTS, "again": TEXTS["ferry"]}))
    report = take()
    assert told(report)[-1] == ("again", "duplicate")
    assert report.files[-1].reason == f"the same text as {file}#ferry"
    forbid(monkeypatch, "reading", "embedding")
    assert statuses(take()) == ["unchanged", "unchanged", "unchanged", "duplicate"]


def test_lines_without_ids_that_change_places_lose_nothing(
    take: Take, folder: Path, home: Path
) -> None:
    rows = [json.dumps({"text": text}) for text in TEXTS.values()]
    file = written(folder / "all.jsonl", "\n".join(rows))
    take()
    written(file, "\n".join(reversed(rows)))
    assert told(take()) == [
        ("line 1", "updated"),
        ("line 2", "unchanged"),
        ("line 3", "updated"),
    ]
    assert sorted(texts_of(home)) == sorted(TEXTS.values())


def test_only_what_is_known_of_a_part_may_change(
    take: Take, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(folder / "all.jsonl", json_lines(TEXTS, date="2024-05-03", outlet="Coast Wire"))
    take()
    written(file, json_lines(TEXTS, date="2024-05-04", outlet="Coast Post"))
    forbid(monkeypatch, "embedding")
    assert statuses(take()) == ["updated"] * 3
    with Library(home) as library:
        assert {(str(a.published), a.outlet) for a in library.articles()} == {
            ("2024-05-04", "Coast Post")
        }


def test_a_part_that_moves_to_another_file_takes_its_article_along(
    take: Take, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = folder / "1.jsonl", folder / "2.jsonl"
    two = {k: TEXTS[k] for k in ("ferry", "hall")}
    written(first, json_lines(TEXTS))
    written(second, json_lines({"fair": "The spring fair of Lowmarket opened on Sunday."}))
    take()
    with Library(home) as library:
        mill = next(a for a in library.articles() if a.source.endswith("#mill"))
    shelf.edit(home, mill.id, outlet="Sall Gazette")
    written(first, json_lines(two))
    written(second, json_lines({"m": TEXTS["mill"]}, date="2024-05-06").replace('"M"', '"Mill"'))
    forbid(monkeypatch, "embedding")
    report = take()
    assert told(report) == [("ferry", "unchanged"), ("hall", "unchanged"), ("m", "updated")]
    assert report.files[2].reason == f"moved from {first}#mill"
    with Library(home) as library:
        moved = library.article(mill.id)
        assert (moved.source, moved.outlet) == (f"{second}#m", "Sall Gazette")
        assert str(moved.published) == "2024-05-06"
        assert library.corrections(mill.id) != Corrections()


def test_the_same_article_in_a_file_of_its_own_is_a_duplicate(
    take: Take, folder: Path, home: Path
) -> None:
    written(folder / "all.jsonl", json_lines({"ferry": STORY, "hall": OTHER}))
    written(folder / "b.txt", STORY)
    report = take()
    assert told(report) == [("ferry", "ingested"), ("hall", "ingested"), ("b.txt", "duplicate")]
    written(folder / "all.jsonl", json_lines({"hall": OTHER}))
    assert told(take()) == [("hall", "unchanged"), ("b.txt", "updated")]
    assert sorted(texts_of(home)) == sorted([STORY, OTHER])


def test_a_corpus_in_beirs_layout_is_taken_as_it_is(
    take: Take, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        {"_id": f"d{n}", "title": name.title(), "text": text, "metadata": {"url": ""}}
        for n, (name, text) in enumerate(TEXTS.items())
    ]
    written(folder / "corpus.jsonl", "\n".join(map(json.dumps, rows)))
    written(folder / "queries.jsonl", '{"_id": "q1", "text": "What did the ferry strike?"}')
    (folder / "qrels").mkdir()
    written(folder / "qrels" / "test.tsv", "query-id\tcorpus-id\tscore\nq1\td0\t1\n")
    assert told(take()) == [("d0", "ingested"), ("d1", "ingested"), ("d2", "ingested")]
    forbid(monkeypatch, "reading", "embedding")
    assert told(take()) == [("d0", "unchanged"), ("d1", "unchanged"), ("d2", "unchanged")]


def test_a_part_that_was_deleted_comes_back_with_its_file(
    take: Take, folder: Path, home: Path
) -> None:
    written(folder / "all.jsonl", json_lines(TEXTS))
    article = take().files[1].article
    assert article
    shelf.delete(home, [article.id])
    assert statuses(take()) == ["unchanged", "ingested", "unchanged"]


def test_found_is_the_sum_of_the_statuses(take: Take, folder: Path) -> None:
    written(folder / "all.jsonl", json_lines(TEXTS) + "{bad\n" + json_lines({"a": TEXTS["mill"]}))
    written(folder / "b.txt", "")
    report = take()
    assert statuses(report) == [
        *("ingested", "ingested", "ingested", "rejected", "duplicate", "rejected")
    ]
    assert len(report.files) == sum(report.count(status) for status in get_args(FileStatus))


# --- the command -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "told_of"),
    [
        (("--field", "headline=kop"), "'headline=kop'"),
        (("--field", "text"), "'text'"),
        (("--field", "text= "), "'text= '"),
        (("--outlet", " "), "--outlet is empty"),
        (("--encoding", "klingon"), "'klingon'"),
        (("--url", "https://example.org/", "--watch", "--no-path"), "--watch"),
        (("--no-path",), "Nothing is named"),
    ],
)
def test_a_wrong_option_is_told_in_one_line(
    options: tuple[str, ...], told_of: str, run: Run, folder: Path, home: Path
) -> None:
    paths = [] if "--no-path" in options else [folder]
    code, out, err = run("ingest", *paths, *(o for o in options if o != "--no-path"))
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert told_of in err
    assert not home.exists()


def test_columns_of_other_names_are_found_and_the_counts_fit(run: Run, folder: Path) -> None:
    rows = ({"kop": n.title(), "tekst": t} for n, t in TEXTS.items())
    written(folder / "all.jsonl", "\n".join(map(json.dumps, rows)) + '\n{"tekst": 5}\n')
    code, out, _ = run("ingest", folder, "--field", "text=tekst", "--field", "title=kop", "--json")
    told = json.loads(out)
    assert code == 1
    assert told["found"] == len(told["files"]) == 4
    assert (told["ingested"], told["rejected"]) == (3, 1)
    assert [f["title"] for f in told["files"][:3]] == ["Ferry", "Hall", "Mill"]
