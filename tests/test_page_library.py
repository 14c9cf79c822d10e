"""The page's library: what it shows of the articles, and what it takes in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import cache
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from ingest.pipeline import IngestReport, Progress
from rag.embed import Embedder
from rag.engine import Engine
from rag.errors import LibraryError, SettingsError
from rag.library import Library, ListedArticle
from rag.reply_cache import replies_of
from rag.settings import Settings
from rag.types import Article
from tests.conftest import OTHER, STORY
from tests.test_page_html import NASTY, Shown
from ui.chat import examples, library_actions
from ui.chat.examples import examples_of
from ui.chat.library_actions import SAMPLE, add_files, add_sample, add_text, report_lines
from ui.chat.library_view import chosen, plot_html, rows_of
from ui.chat.words import ENGLISH, GERMAN

TEXT = STORY.split("\n\n", 2)[2]
"""The story without its header and its headline."""


@pytest.fixture(autouse=True)
def one_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading the model takes longer than all else that these tests do."""
    monkeypatch.setattr("ingest.embedding.Embedder", _embedder)


@cache
def _embedder(threads: int) -> Embedder:
    return Embedder(threads)


def listed(
    n: int, outlet: str | None = "Post", published: date | None = None, title: str | None = "T"
) -> ListedArticle:
    return ListedArticle(f"a{n}", f"/news/file-{n}.txt", title, outlet, published, n)


NEW = listed(1, "The Harbour Post", date(2024, 5, 3), "Ferry strikes pier")
OLD = listed(2, "Coast Weekly", date(2023, 1, 31), "Straße in **Łódź** burns")
BARE = listed(3, None, None, None)
THREE = [NEW, OLD, BARE]


def ids(articles: list[ListedArticle]) -> list[str]:
    return [a.id for a in articles]


# --- what is shown -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, ["a1", "a2", "a3"]),
        ({"search": "  "}, ["a1", "a2", "a3"]),
        ({"search": "ferry"}, ["a1"]),
        ({"search": "PIER post"}, ["a1"]),
        ({"search": "STRASSE łÓDŹ"}, ["a2"]),
        ({"search": "ferry weekly"}, []),
        ({"search": "file-3"}, ["a3"]),
        ({"search": "news"}, []),
        ({"outlets": ["Coast Weekly", "X"]}, ["a2"]),
        ({"outlets": ["Coast"]}, []),
        ({"since": date(2024, 5, 3)}, ["a1"]),
        ({"until": date(2023, 1, 31)}, ["a2"]),
        ({"since": date(2023, 1, 1), "until": date(2024, 12, 31)}, ["a1", "a2"]),
        ({"since": date(2025, 1, 1), "until": date(2024, 1, 1)}, []),
    ],
)
def test_articles_are_chosen_by_words_outlet_and_day(
    given: dict[str, Any], found: list[str]
) -> None:
    assert ids(chosen(THREE, **given)) == found


def test_the_table_begins_with_what_was_published_last() -> None:
    assert rows_of([BARE, OLD, NEW], ENGLISH) == [
        ["The Harbour Post", "2024-05-03", "Ferry strikes pier", 1, "a1"],
        ["Coast Weekly", "2023-01-31", "Straße in Łódź burns", 2, "a2"],
        ["Unknown outlet", "undated", "(file-3.txt)", 3, "a3"],
    ]
    assert rows_of([BARE], GERMAN)[0][:2] == ["Medium unbekannt", "ohne Datum"]


def bars(html: str) -> list[str]:
    return [title for title in Shown(html).all("title") if ": " in title][1:]


def test_the_plot_counts_articles_by_month_with_empty_months_between() -> None:
    days = [date(2024, 1, 1), date(2024, 1, 31), date(2024, 3, 15)]
    html = plot_html([listed(n, published=day) for n, day in enumerate(days)], ENGLISH)
    assert bars(html) == ["2024-01: 2", "2024-02: 0", "2024-03: 1"]


@pytest.mark.parametrize(
    ("years", "first", "count"),
    [(4, "2000-01: 1", 49), (14, "2000-01: 1", 57), (40, "2000: 1", 41), (200, "2000–2004: 1", 41)],
)
def test_the_longer_the_time_the_wider_the_bars(years: int, first: str, count: int) -> None:
    days = (date(2000, 1, 1), date(2000 + years, 1, 1))
    drawn = bars(plot_html([listed(1, published=day) for day in days], ENGLISH))
    assert (drawn[0], len(drawn)) == (first, count)
    assert sum(int(bar.rpartition(" ")[2]) for bar in drawn) == 2


def test_a_plot_from_the_first_day_to_the_last_there_can_be_stays_small() -> None:
    days = (date.min, date.max)
    assert len(bars(plot_html([listed(1, published=day) for day in days], ENGLISH))) <= 201


def test_one_article_is_one_bar() -> None:
    assert bars(plot_html([NEW], ENGLISH)) == ["2024-05: 1"]


def test_articles_without_a_date_are_counted_beside_the_plot() -> None:
    assert "2 without a date" in plot_html([NEW, BARE, BARE], ENGLISH)
    assert "without a date" not in plot_html([NEW], ENGLISH)


@pytest.mark.parametrize("articles", [[], [BARE]])
def test_without_dates_there_is_no_plot(articles: list[ListedArticle]) -> None:
    html = plot_html(articles, ENGLISH)
    assert ENGLISH.no_dates in html and "svg" not in html


# --- files -------------------------------------------------------------------------------------


@pytest.fixture
def upload(home: Path, tmp_path: Path) -> Callable[..., IngestReport]:
    """Uploads files as the page has them: each in a temporary folder of its own."""
    count = iter(range(100))

    def run(*files: tuple[str, str | bytes]) -> IngestReport:
        paths = []
        for name, content in files:
            path = tmp_path / f"gradio-{next(count)}" / name
            path.parent.mkdir(parents=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            paths.append(path)
        return add_files(home, Settings(), paths, lambda _: None)

    return run


def kept(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "uploads").iterdir())


def article_of(home: Path, report: IngestReport) -> Article:
    (file,) = report.files
    assert file.article is not None, file.reason
    with Library(home) as library:
        return library.article(file.article.id)


def stored(home: Path) -> list[Article]:
    with Library(home) as library:
        return list(library.articles())


def test_an_upload_is_kept_with_the_library_and_found_again(
    home: Path, upload: Callable[..., IngestReport]
) -> None:
    report = upload(("story.txt", STORY))
    article = article_of(home, report)
    assert Path(article.source) == home / "uploads" / "story.txt"
    assert Path(article.source).read_text() == STORY == article.text
    assert (report.files[0].status, article.outlet) == ("ingested", "The Harbour Post")


def test_the_same_file_again_is_the_same_article(
    home: Path, upload: Callable[..., IngestReport]
) -> None:
    first = article_of(home, upload(("story.txt", STORY)))
    again = upload(("story.txt", STORY))
    assert (again.files[0].status, article_of(home, again).id) == ("unchanged", first.id)
    assert kept(home) == ["story.txt"]


def test_another_file_of_the_same_name_replaces_nothing(
    home: Path, upload: Callable[..., IngestReport]
) -> None:
    upload(("story.txt", STORY))
    report = upload(("story.txt", OTHER), ("story.txt", OTHER), ("story.txt", STORY))
    assert {file.status for file in report.files} == {"ingested", "unchanged"}
    assert len(kept(home)) == 2
    assert re.fullmatch(r"story-[0-9a-f]{8}\.txt", kept(home)[0])
    assert {a.text for a in stored(home)} == {STORY, OTHER}


@pytest.mark.parametrize(
    ("name", "as_kept"),
    [
        ("Straße – قصة 🚢.txt", "Straße – قصة 🚢.txt"),
        ("a b'c\"<d>&.md", "a b'c\"<d>&.md"),
        ("\u202etxt.exe.md", "\u202etxt.exe.md"),
        ("-rf.txt", "-rf.txt"),
        ("..txt", "..txt"),
        (".txt", ".txt"),
        ("noext", "noext"),
        ("two.tar.md", "two.tar.md"),
    ],
)
def test_an_odd_name_is_kept(
    name: str, as_kept: str, home: Path, upload: Callable[..., IngestReport]
) -> None:
    assert article_of(home, upload((name, STORY))).text == STORY
    assert kept(home) == [as_kept]


def test_a_name_too_long_for_the_disk_is_cut(
    home: Path, upload: Callable[..., IngestReport]
) -> None:
    """A name of 251 bytes is fine where it lies, and too long with a digest."""
    name = "é" * 123 + ".txt"
    upload((name, STORY))
    report = upload((name, OTHER))
    assert report.files[0].status == "ingested" and len(kept(home)) == 2


def test_nothing_is_kept_outside_the_folder_for_uploads(home: Path, tmp_path: Path) -> None:
    (tmp_path / "up").mkdir()
    (tmp_path / "story.txt").write_text(STORY)
    add_files(home, Settings(), [tmp_path / "up" / ".." / "story.txt"], lambda _: None)
    assert kept(home) == ["story.txt"]


def test_a_rejected_file_is_told_and_not_kept(
    home: Path, upload: Callable[..., IngestReport]
) -> None:
    report = upload(("story.txt", STORY), ("paper.pdf", b"%PDF-1.7 x"), ("empty.txt", " "))
    assert [file.status for file in report.files] == ["ingested", "rejected", "rejected"]
    assert kept(home) == ["story.txt"]
    assert report_lines(report) == [
        "rejected paper.pdf: a PDF that is cut off: copy it anew",
        "rejected empty.txt: empty: put the article's text into it, or remove it",
    ]


def test_a_rejected_file_that_lay_there_before_stays(
    home: Path, upload: Callable[..., IngestReport]
) -> None:
    """What lies there already was put there by somebody, who is not asked."""
    (home / "uploads").mkdir(parents=True)
    (home / "uploads" / "paper.pdf").write_bytes(b"%PDF-1.7 x")
    assert upload(("paper.pdf", b"%PDF-1.7 x")).count("rejected") == 1
    assert kept(home) == ["paper.pdf"]


def test_uploads_of_one_name_at_the_same_time_are_all_kept(home: Path, tmp_path: Path) -> None:
    """Beneath the ingest, which takes one at a time."""
    together = Barrier(8)

    def keep(n: int) -> Path:
        path = tmp_path / str(n) / "story.txt"
        path.parent.mkdir()
        path.write_text(f"{STORY} {n}" * 1000)
        together.wait()
        return library_actions._kept(home, path)[0]

    with ThreadPoolExecutor(8) as pool:
        targets = list(pool.map(keep, range(8)))
    assert [t.read_text() for t in targets] == [f"{STORY} {n}" * 1000 for n in range(8)]


def test_a_folder_that_cannot_be_written_is_told_in_a_line(
    home: Path, upload: Callable[..., IngestReport]
) -> None:
    home.mkdir()
    (home / "uploads").write_text("in the way")
    told = r"Nothing can be kept in .*uploads"
    with pytest.raises(LibraryError, match=told):
        upload(("story.txt", STORY))
    with pytest.raises(LibraryError, match=told):
        add_text(home, Settings(), TEXT)


def test_of_very_many_reasons_the_first_are_told(
    home: Path, upload: Callable[..., IngestReport]
) -> None:
    rows = [f'{{"id": "{n}", "text": ""}}' for n in range(130)]
    report = upload(("many.jsonl", "\n".join(rows)))
    assert report.count("rejected") == 130
    lines = report_lines(report)
    assert len(lines) == 101 and lines[-1] == "… and 30 more"


def test_a_file_of_many_articles_is_taken_in(
    home: Path, upload: Callable[..., IngestReport]
) -> None:
    rows = [{"id": str(n), "title": f"Story {n}", "text": f"{STORY} {n}."} for n in range(3)]
    report = upload(("many.jsonl", "\n".join(json.dumps(row) for row in rows)))
    assert [f.status for f in report.files] == ["ingested"] * 3
    assert kept(home) == ["many.jsonl"] and len(stored(home)) == 3


def test_progress_is_told(home: Path, tmp_path: Path) -> None:
    (tmp_path / "story.txt").write_text(STORY)
    told: list[Progress] = []
    add_files(home, Settings(), [tmp_path / "story.txt"], told.append)
    assert [(p.done, p.total) for p in told] == [(0, 1), (1, 1), (1, 1)]


def test_the_sample_collection_is_where_it_is_looked_for() -> None:
    assert len([*SAMPLE.glob("*.md"), *SAMPLE.glob("*.txt"), *SAMPLE.glob("*.html")]) == 5


def test_the_sample_collection_is_taken_in_whole(
    home: Path, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    (folder / "one.txt").write_text(STORY)
    monkeypatch.setattr(library_actions, "SAMPLE", folder)
    assert add_sample(home, Settings(), lambda _: None).count("ingested") == 1


def test_what_models_said_of_an_article_goes_when_it_changes(
    home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_actions, "SAMPLE", folder)
    (folder / "one.txt").write_text(STORY)
    add_sample(home, Settings(), lambda _: None)
    said = replies_of(home) / "reply.json"
    said.parent.mkdir(parents=True)
    said.write_text("{}")
    add_sample(home, Settings(), lambda _: None)
    assert said.exists()
    (folder / "one.txt").write_text(f"{STORY}\nThe ferry was towed away on Friday.\n")
    add_sample(home, Settings(), lambda _: None)
    assert not said.exists()


# --- pasted texts ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "as_stored"),
    [
        ("Ferry strikes pier", None),
        ("Gaza: what now?", None),
        ("# 1 in the world", None),
        ("We're #1 today", None),
        ("[Update] {Ferry} *sinks* & | > !", None),
        ("@home `x` %y", None),
        ("---", None),
        ("No", None),
        ("null", None),
        ("1945", None),
        ("12:30", None),
        ("2023-02-01", None),
        ("C:\\new\\table", None),
        ('He said "no" twice', None),
        ("Straße – قصة 🚢", None),
        ("A\n---\noutlet: Evil\nB", "A --- outlet: Evil B"),
        ("A\r\nB\u2028C\x85D\tE", "A B C D E"),
        ("A\u202eB\x00C\x1bD", "ABCD"),
    ],
)
def test_a_pasted_text_has_just_the_facts_that_were_typed(
    title: str, as_stored: str | None, home: Path
) -> None:
    report = add_text(
        home, Settings(), TEXT, title=title, outlet=f"{title} Post", published=date(2024, 5, 3)
    )
    article = article_of(home, report)
    title = as_stored or title
    assert (article.title, article.outlet) == (title, f"{title} Post")
    assert article.published == date(2024, 5, 3)
    assert article.text.endswith(f"\n\n{TEXT.strip()}\n")


@pytest.mark.parametrize(
    "text",
    [
        f"---\n\n{TEXT}",
        f"---\ntitle: Other\noutlet: Evil\ndate: 1999-01-01\n---\n\n{TEXT}",
        f"Title: Other\nOutlet: Evil\nDate: 1999-01-01\n\n{TEXT}",
    ],
)
def test_what_was_typed_counts_and_not_what_the_text_begins_with(text: str, home: Path) -> None:
    article = article_of(
        home, add_text(home, Settings(), text, title="T", outlet="O", published=date(2024, 5, 3))
    )
    assert (article.title, article.outlet, article.published) == ("T", "O", date(2024, 5, 3))
    assert "Captain Ilya Brandt" in article.text


def test_a_text_alone_is_kept_as_it_was_pasted(home: Path) -> None:
    article = article_of(home, add_text(home, Settings(), f"\n\n {TEXT}\r\n\r\n"))
    assert article.text == f"{TEXT.strip()}\n"
    assert (article.outlet, article.published) == (None, None)


def test_two_texts_of_one_long_title_are_two_articles(home: Path) -> None:
    title = "A headline that is longer than any name of a file may ever be " * 2
    for text in (TEXT, OTHER):
        add_text(home, Settings(), text, title=title)
    assert len(stored(home)) == 2


def test_the_same_text_pasted_again_is_the_same_article(home: Path) -> None:
    first, again = (add_text(home, Settings(), TEXT, title="T") for _ in range(2))
    assert again.files[0].status == "unchanged"
    assert article_of(home, first).id == article_of(home, again).id


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "There is no text"),
        (" \n\t", "There is no text"),
        ("x" * 1_000_001, "1000000 are the most"),
        ("half a letter \ud83d", "not valid Unicode"),
    ],
    ids=["empty", "blank", "long", "half"],
)
def test_what_is_no_text_is_told_and_not_kept(text: str, told: str, home: Path) -> None:
    with pytest.raises(SettingsError, match=told):
        add_text(home, Settings(), text, title="T")
    assert not (home / "uploads").exists() or kept(home) == []


def test_a_text_without_a_sentence_is_told_and_not_kept(home: Path) -> None:
    report = add_text(home, Settings(), "?!", title="T")
    assert report.files[0].status == "rejected" and kept(home) == []
    assert report_lines(report)[0].startswith("rejected pasted-")


@pytest.mark.parametrize("title", NASTY)
def test_no_title_leads_out_of_the_folder(title: str, home: Path) -> None:
    report = add_text(home, Settings(), TEXT, title=f"../../{title}/..")
    (name,) = kept(home)
    assert re.fullmatch(r"pasted-[0-9A-Za-z-]+\.md", name)
    assert Path(article_of(home, report).source).parent == home / "uploads"


# --- questions to begin with -------------------------------------------------------------------


def test_the_examples_are_questions_that_the_library_answers(engine: Engine) -> None:
    found = examples_of(engine, list(engine.library.articles()))
    assert len(found) == len(set(found)) == 4
    for question in found:
        answer = engine.ask(question)
        assert answer.status == "answered" and answer.confidence >= 0.6
        name = re.sub(r"Who is |What did | say\?|\?", "", question)
        assert name.split()[-1] in answer.citations[0].quote


def test_few_questions_are_tried(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page waits for them."""
    tried: list[str] = []
    ask = engine.ask

    def counted(question: str) -> Any:
        tried.append(question)
        return ask(question)

    monkeypatch.setattr(engine, "ask", counted)
    monkeypatch.setattr(examples, "_TRIED", 3)
    articles = list(engine.library.articles())
    assert len(examples_of(engine, articles, most=99)) <= len(tried) == 3
    tried.clear()
    assert examples_of(engine, articles, most=0) == tried == []


def test_without_articles_there_are_no_examples(engine: Engine) -> None:
    assert examples_of(engine, []) == []
