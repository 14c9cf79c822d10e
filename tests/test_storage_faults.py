"""Every file in a home, emptied, cut short, altered or gone: no wrong answer, no crash.

Indexes mend themselves from the library; a library that can't be relied upon is told in one line.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.pipeline import ingest
from rag.database_file import DatabaseFile
from rag.engine import Engine
from rag.errors import CitewireError, LibraryBusy, LibraryError
from rag.index_exact import ExactVectors
from rag.index_files import altered
from rag.indexes import Indexes
from rag.library import Library
from rag.lock import InUse, is_used, opening, writer_lock
from rag.probe import probe
from rag.schema import STEPS
from rag.settings import Settings, SettingsWithOrigins
from rag.types import Filters
from tests.conftest import OTHER, ROOT, STORY
from tests.invented_library import fill
from tests.self_queries import wrong_self_queries
from ui.doctor_storage import stored

QUESTION = "Who was put in charge of the secret talks?"
Damage = Callable[[Path], None]


@pytest.fixture
def copy(seeds_home: Path, home: Path) -> Path:
    shutil.copytree(seeds_home, home)
    return home


def index_folder(home: Path) -> Path:
    mark = json.loads((home / "index" / "current.json").read_text())
    return home / "index" / str(mark["folder"])


def one_line(caught: pytest.ExceptionInfo[CitewireError]) -> str:
    told = str(caught.value)
    assert "\n" not in told and told.endswith(".")
    return told


# --- the files of the indexes --------------------------------------------------------------------


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def one_byte_less(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flipped(at: float) -> Damage:
    def damage(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[int(at * (len(content) - 1))] ^= 0x40
        path.write_bytes(content)

    damage.__name__ = f"flipped at {at}"
    return damage


def flipped_in_secret(path: Path) -> None:
    """Neither its size nor its time tell."""
    before = path.stat()
    flipped(0.6)(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def deleted(path: Path) -> None:
    path.unlink()


def a_folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES = [
    deleted,
    emptied,
    cut_short,
    one_byte_less,
    flipped(0.0),
    flipped(0.3),
    flipped(1.0),
    flipped_in_secret,
    a_folder_instead,
]
FILES = [
    "chroma/chroma.sqlite3",
    "chroma/*/header.bin",
    "chroma/*/data_level0.bin",
    "chroma/*/length.bin",
    "chroma/*/link_lists.bin",
    "chroma/*/index_metadata.pickle",
    "tantivy/meta.json",
    "tantivy/.managed.json",
    "tantivy/*.term",
    "tantivy/*.idx",
    "tantivy/*.store",
    "tantivy/*.fast",
    "tantivy/*.fieldnorm",
    "contents.json",
    "files.json",
]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda d: d.__name__)
@pytest.mark.parametrize("name", FILES[:-1])
def test_whatever_happens_to_a_file_of_the_indexes_is_noticed(
    name: str, damage: Damage, copy: Path
) -> None:
    folder = index_folder(copy)
    assert altered(folder) == []
    (path,) = folder.glob(name)
    damage(path)
    assert altered(folder) == [path.relative_to(folder).as_posix()]


@pytest.mark.parametrize("damage", [deleted, flipped_in_secret], ids=lambda d: d.__name__)
@pytest.mark.parametrize("name", FILES)
def test_whatever_happened_to_a_file_of_the_indexes_every_passage_is_found(
    name: str, damage: Damage, copy: Path
) -> None:
    (path,) = index_folder(copy).glob(name)
    damage(path)
    told = list[str]()
    assert wrong_self_queries(copy, told) == []
    # Neither another digit in the time of a file, nor in a text that Chroma keeps but is never
    # asked for, does any harm.
    assert told or name in ("files.json", "chroma/chroma.sqlite3")
    assert wrong_self_queries(copy) == []


@pytest.mark.parametrize("damage", DAMAGES[:-1], ids=lambda d: d.__name__)
def test_whatever_happens_to_the_mark_every_passage_is_found(damage: Damage, copy: Path) -> None:
    damage(copy / "index" / "current.json")
    assert wrong_self_queries(copy) == []


@pytest.mark.parametrize("folder", ["index", "index/FOLDER", "index/FOLDER/chroma"])
def test_whatever_folder_of_the_indexes_is_gone_every_passage_is_found(
    folder: str, copy: Path
) -> None:
    shutil.rmtree(copy / folder.replace("FOLDER", index_folder(copy).name))
    assert wrong_self_queries(copy) == []


@pytest.mark.parametrize("name", ["../index", "/etc", "", ".", "..", "no such folder"])
def test_a_mark_that_names_another_folder_is_not_followed(name: str, copy: Path) -> None:
    path = copy / "index" / "current.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "folder": name}))
    assert wrong_self_queries(copy) == []
    assert (copy / "library.db").exists()


def test_sound_indexes_are_opened_without_a_word_and_stay_as_they_are(copy: Path) -> None:
    before, told = index_folder(copy), list[str]()
    for _ in range(3):
        assert wrong_self_queries(copy, told) == []
    assert told == [] and index_folder(copy) == before
    with Library(copy) as library:
        assert Indexes(copy, library).state() == "current"


def test_a_copy_of_a_home_needs_no_rebuild(copy: Path, tmp_path: Path) -> None:
    """Copying gives every file another time."""
    shutil.copytree(copy, tmp_path / "moved", copy_function=shutil.copyfile)
    told = list[str]()
    assert wrong_self_queries(tmp_path / "moved", told) == []
    assert told == []


def test_what_chroma_writes_when_another_program_opens_it_is_looked_at_once(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag import index_opening
    from rag.index_vectors import VectorIndex

    probes: list[Path] = []

    def probed(home: Path, folder: Path) -> str | None:
        probes.append(folder)
        return None

    monkeypatch.setattr(index_opening, "probed", probed)
    VectorIndex(index_folder(copy) / "chroma").close()
    told = list[str]()
    for _ in range(2):
        assert wrong_self_queries(copy, told) == []
    assert len(probes) == 1 and told == []


def test_indexes_of_a_large_library_are_not_read_through_at_each_opening(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag import index_files

    read: list[Path] = []
    crc = index_files._crc
    monkeypatch.setattr(index_files, "_READ_BYTES", 1000)

    def reading(path: Path) -> int:
        read.append(path)
        return crc(path)

    monkeypatch.setattr(index_files, "_crc", reading)
    assert wrong_self_queries(copy) == [] and read == []
    (path,) = index_folder(copy).glob("chroma/*/data_level0.bin")
    flipped(0.5)(path)
    told = list[str]()
    assert wrong_self_queries(copy, told) == []
    assert "data_level0.bin" in told[0]


def test_a_file_in_place_of_the_folder_is_told_and_questions_are_answered(copy: Path) -> None:
    shutil.rmtree(copy / "index")
    (copy / "index").write_text("mine")
    told = list[str]()
    with Engine(copy, Settings(), told.append) as engine:
        assert engine.ask(QUESTION).citations and not engine.whole
    assert "move it away" in told[-1]
    assert (copy / "index").read_text() == "mine"


def test_a_rebuild_says_how_far_it_is(copy: Path) -> None:
    shutil.rmtree(copy / "index")
    steps: list[tuple[int, int]] = []
    with Library(copy) as library:
        held = library.counts().passages
        Indexes(copy, library).open(progress=lambda *step: steps.append(step)).close()
    assert steps[0] == (0, held) and steps[-1] == (held, held)


# --- builds that did not come to their end -------------------------------------------------------


def test_a_build_that_fails_leaves_the_old_indexes_and_nothing_else(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag.index_words import WordWriter

    before = sorted(p.name for p in (copy / "index").iterdir())

    def failing(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with Library(copy) as library, monkeypatch.context() as patch:
        patch.setattr(WordWriter, "add", failing)
        with writer_lock(copy), pytest.raises(LibraryError, match="No space left") as caught:
            Indexes(copy, library).rebuild()
        one_line(caught)
    assert sorted(p.name for p in (copy / "index").iterdir()) == before
    assert wrong_self_queries(copy) == []


def test_a_write_cut_short_without_a_word_is_noticed_before_anything_is_published(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As C++ streams do on a full disk, or at a limit on the size of files."""
    from rag.index_vectors import VectorIndex

    close = VectorIndex.close

    def cutting(self: VectorIndex) -> None:
        close(self)
        for path in (copy / "index").glob("*-*/chroma/*/data_level0.bin"):
            if path.parts[-4] != kept:
                one_byte_less(path)

    kept = index_folder(copy).name
    with Library(copy) as library, monkeypatch.context() as patch:
        patch.setattr(VectorIndex, "close", cutting)
        with writer_lock(copy), pytest.raises(LibraryError, match="not written whole"):
            Indexes(copy, library).rebuild()
    assert index_folder(copy).name == kept


def test_leftovers_are_removed_later_but_not_from_under_a_reader(copy: Path) -> None:
    (copy / "index" / "9-killed").mkdir()
    with Engine(copy, Settings()) as reader:
        old = index_folder(copy)
        with writer_lock(copy), Library(copy) as library:
            Indexes(copy, library).rebuild()
        assert not (copy / "index" / "9-killed").exists()
        assert old.exists() and is_used(old)
        assert reader.ask(QUESTION).citations
    with writer_lock(copy), Library(copy) as library:
        Indexes(copy, library).sweep()
    assert not old.exists() and index_folder(copy).exists()


def test_what_changed_is_followed_without_building_everything_anew(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(home, 6)
    assert wrong_self_queries(home) == []
    fill(home, 2, first=6)  # as an ingest that was killed before it came to the indexes
    monkeypatch.setattr(Indexes, "rebuild", None)
    assert wrong_self_queries(home) == []
    with Library(home) as library:
        article = library.stored()[0]
        library.remove([article.id])
    assert wrong_self_queries(home) == []
    assert probe(home) is None


def test_what_indexes_do_not_hold_changes_none_of_their_files(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = index_folder(copy)
    with Library(copy) as library, library._db.transaction():
        pass
    monkeypatch.setattr("rag.indexes.follow", None)
    assert wrong_self_queries(copy) == []
    assert index_folder(copy) == folder


def test_a_library_older_than_its_indexes_is_told(copy: Path, folder: Path) -> None:
    content = (copy / "library.db").read_bytes()
    (folder / "story.txt").write_text(STORY)
    ingest(copy, [folder], Settings())
    (copy / "library.db").write_bytes(content)
    told = list[str]()
    assert wrong_self_queries(copy, told) == []
    assert "older than its search indexes" in told[0]


# --- the library's file --------------------------------------------------------------------------


def garbage(path: Path) -> None:
    path.write_bytes(b"garbage" * 5000)


@pytest.mark.parametrize(
    "damage",
    [emptied, cut_short, garbage, a_folder_instead, flipped(0.0)],
    ids=lambda d: d.__name__,
)
def test_a_library_that_cannot_be_relied_upon_is_told_in_one_line(
    damage: Damage, copy: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    damage(copy / "library.db")
    for command in (["ask", QUESTION], ["list"], ["ingest", str(ROOT / "seeds")]):
        code, _, errors = run(*command)
        assert code == 3 and errors.count("\n") == 1 and "unexpected" not in errors
        assert "damaged" in errors or "is a directory" in errors


def test_an_emptied_library_without_a_trace_of_another_is_a_new_one(home: Path) -> None:
    home.mkdir()
    (home / "library.db").touch()
    with Library(home) as library:
        assert library.counts().articles == 0


def test_a_process_that_died_while_it_made_the_library_leaves_no_broken_one(home: Path) -> None:
    home.mkdir()
    with sqlite3.connect(home / "library.db") as db:
        db.execute("PRAGMA journal_mode = WAL")
    db.close()
    with Library(home) as library:
        assert library.counts().articles == 0


def test_a_large_library_cut_short_is_noticed_without_being_read(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(home, 5)
    cut_short(home / "library.db")
    monkeypatch.setattr("rag.database._CHECKED_BYTES", 1000)
    with pytest.raises(LibraryError, match="damaged") as caught:
        Library(home)
    one_line(caught)


_DIES = """
import os, signal, sys
from pathlib import Path
from tests.invented_library import fill
fill(Path(sys.argv[1]), 3)
from rag.library import Library
library = Library(Path(sys.argv[1]))
from rag.lock import writer_lock
library.move(library.stored()[0].id, "/acknowledged.txt")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def died(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library whose last change is in its journal, for its process was killed."""
    home = tmp_path_factory.mktemp("died") / "home"
    done = subprocess.run([sys.executable, "-c", _DIES, str(home)], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert (home / "library.db-wal").stat().st_size > 0
    return home


def test_a_journal_that_a_killed_process_left_is_taken_in(died: Path, home: Path) -> None:
    shutil.copytree(died, home)
    with Library(home) as library:
        assert library.stored()[0].source == "/acknowledged.txt"


@pytest.mark.parametrize(
    "damage",
    [deleted, emptied, cut_short, garbage, flipped(0.0), flipped(0.5), flipped(0.9)],
    ids=lambda d: d.__name__,
)
def test_a_journal_that_lost_what_was_acknowledged_is_told(
    damage: Damage, died: Path, home: Path
) -> None:
    shutil.copytree(died, home)
    damage(home / "library.db-wal")
    before = (home / "library.db").read_bytes()
    with pytest.raises(LibraryError, match=r"library\.db-wal is damaged or gone") as caught:
        Library(home)
    assert "move library.db-wal and library.db-shm away" in one_line(caught)
    assert (home / "library.db").read_bytes() == before
    # The way out that it names.
    for name in ("library.db-wal", "library.db-shm"):
        (home / name).unlink(missing_ok=True)
    with Library(home) as library:
        assert library.check() == []


def test_a_journal_of_a_library_that_is_open_elsewhere_is_not_taken_for_a_lost_one(
    died: Path, home: Path
) -> None:
    shutil.copytree(died, home)
    writer = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from tests.invented_library import fill\n"
            "for n in range(20): fill(Path(sys.argv[1]), 1, first=100 + n)",
            str(home),
        ],
        cwd=ROOT,
    )
    while writer.poll() is None:
        with Library(home) as library:
            assert library.counts().articles >= 3
    assert writer.returncode == 0


def test_only_the_journal_left_is_told(died: Path, home: Path) -> None:
    shutil.copytree(died, home)
    (home / "library.db").unlink()
    with pytest.raises(LibraryError, match="is gone, but its journal") as caught:
        Library(home)
    one_line(caught)
    assert not (home / "library.db").exists() and (home / "library.db-wal").exists()


def test_another_program_that_holds_the_library_is_told(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.database_file._BUSY_S", 0.1)
    with Library(copy) as library:
        article = library.stored()[0]
        other = sqlite3.connect(copy / "library.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LibraryBusy, match="Another program holds") as caught:
            library.move(article.id, "/elsewhere.txt")
        one_line(caught)
        assert library.article(article.id).source == article.source
        other.close()


def test_one_that_opens_during_anothers_change_of_format_waits_for_it(copy: Path) -> None:
    changing = sqlite3.connect(copy / "library.db", isolation_level=None)
    changing.execute("PRAGMA user_version = 0")
    changing.execute("UPDATE meta SET value = value WHERE key = 'identity'")
    changing.execute("BEGIN IMMEDIATE")
    changing.execute(f"PRAGMA user_version = {len(STEPS)}")
    opened: list[int] = []

    def open_it() -> None:
        with Library(copy) as library:
            opened.append(library.counts().articles)

    reader = threading.Thread(target=open_it)
    reader.start()
    reader.join(0.2)
    assert opened == []
    changing.execute("COMMIT")
    changing.close()
    reader.join()
    assert opened == [5]


# --- the home ------------------------------------------------------------------------------------


def test_a_home_that_is_a_file_is_told_everywhere(
    home: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    home.write_text("not a folder")
    code, _, errors = run("ingest", str(ROOT / "seeds"))
    assert code == 3 and "is a file" in errors
    assert [(f.check, f.ok) for f in stored(home, fix=True, progress=lambda *_: None)] == [
        ("home", False)
    ]
    assert run("doctor")[0] == 3
    assert home.read_text() == "not a folder"


_AS_NOBODY = """
import os, sys
from pathlib import Path
from rag.engine import Engine
from rag.errors import CitewireError
from rag.evidence_weights import load_weights
from rag.settings import Settings
from tests.self_queries import wrong_self_queries
warm, home = map(Path, sys.argv[1:])
with Engine(warm, Settings()) as engine:  # what is imported late can't be read by nobody
    engine.ask("Who?")
for shared in (True, False):
    load_weights(shared)
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
told = []
with Engine(home, Settings(), told.append) as engine:
    answer = engine.ask("Who was put in charge of the secret talks?")
    print(answer.status, len(answer.citations), len(answer.hits[0].found_by))
print(wrong_self_queries(home), told)
"""


@pytest.fixture
def public(seeds_home: Path) -> Iterator[Path]:
    """A home where anybody could look, which pytest's own folders are not."""
    with tempfile.TemporaryDirectory(prefix="citewire-test-") as name:
        Path(name).chmod(0o755)
        shutil.copytree(seeds_home, Path(name) / "home")
        yield Path(name) / "home"


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions")
def test_a_home_that_may_only_be_read_is_read(public: Path, seeds_home: Path) -> None:
    for path in [public, *public.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    done = subprocess.run(
        [sys.executable, "-c", _AS_NOBODY, str(seeds_home), str(public)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    for path in [public, *public.rglob("*")]:
        path.chmod(0o755)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == "answered 1 2", "by vectors and by words"
    assert second.startswith("[] [") and "can't be written to" in second


def test_what_is_read_without_locks_is_never_half_of_anothers_change(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda *_: False)
        frozen = Library(copy)
    assert frozen.counts().articles == 5
    with Library(copy) as library:
        library.move(library.stored()[0].id, "/elsewhere.txt")
    with pytest.raises(LibraryBusy, match="was changed while it was read"):
        frozen.counts()
    frozen.close()


def test_a_file_that_cannot_be_opened_is_not_counted_as_open(home: Path) -> None:
    home.mkdir()
    garbage(home / "library.db")
    for _ in range(2):
        with pytest.raises(LibraryError, match="damaged"):
            Library(home)
    from rag import database_file

    assert not database_file._open[(home / "library.db").resolve()]
    DatabaseFile(home / "library.db").close()


# --- no room -------------------------------------------------------------------------------------


def limited(home: Path, limit: int, *arguments: str) -> tuple[int, str]:
    """Run a command under a limit on the size of files."""
    code = (
        "import resource, sys; from ui.cli import main;"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}));"
        "sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments, "--home", str(home)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on the size of files")
@pytest.mark.parametrize("limit", [4_000, 100_000, 150_000, 400_000, 700_000])
def test_a_limit_on_the_size_of_files_costs_nothing_that_was_stored(
    limit: int, copy: Path, folder: Path
) -> None:
    with Library(copy) as library:
        before = {row.id for row in library.stored()}
    (folder / "story.txt").write_text(STORY)
    (folder / "other.txt").write_text(OTHER)
    code, errors = limited(copy, limit, "ingest", str(folder))
    assert code in (0, 3) and "unexpected" not in errors and "Traceback" not in errors
    assert code == 0 or errors.count("\n") == 1
    with Library(copy) as library:
        assert before <= {row.id for row in library.stored()}
        assert library.check() == []
    assert wrong_self_queries(copy) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = os.name == "posix" and shutil.which("mount") is not None
    if mounted:
        command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    if not mounted:
        pytest.skip("no file system may be mounted here")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk_is_told_in_one_line_and_costs_nothing_that_was_stored(
    small_disk: Path, folder: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    home = small_disk / "home"
    for n in range(40):
        (folder / f"{n}.txt").write_text(STORY.replace("fourteen", f"{n + 20}") + f"\nIn {n}.\n")
    code, _, errors = run("ingest", folder, at=home)
    assert code == 3 and errors.count("\n") == 1 and "unexpected" not in errors
    with Library(home) as library:
        assert library.check() == []
        assert library.counts().articles
    code, out, errors = run("ask", "Who was at the helm of the ferry?", at=home)
    assert code == 0 and "Ilya Brandt" in out and "unexpected" not in errors


# --- writers and readers -------------------------------------------------------------------------


def test_a_second_writer_is_told_who_writes_since_when_and_what(copy: Path) -> None:
    with (
        writer_lock(copy, "ingesting"),
        pytest.raises(LibraryBusy, match=rf"process {os.getpid()}, ingesting since 20\d\d-"),
        writer_lock(copy),
    ):
        pass


def test_a_writer_that_was_killed_keeps_nobody_out(copy: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from rag.lock import writer_lock\n"
        "with writer_lock(Path(sys.argv[1])): os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(copy)], cwd=ROOT, check=False)
    assert (copy / "writer.pid").exists()
    with writer_lock(copy):
        pass


@pytest.mark.parametrize("content", ["", "17", "[]", "null", '{"pid": "x"}', "\x00\xff"])
def test_a_holder_that_cannot_be_read_is_left_out(content: str, copy: Path) -> None:
    with writer_lock(copy):
        (copy / "writer.pid").write_text(content)
        with pytest.raises(LibraryBusy, match="Another Citewire is writing"), writer_lock(copy):
            pass


def test_a_lock_that_is_a_folder_is_told(home: Path) -> None:
    (home / "writer.lock").mkdir(parents=True)
    with pytest.raises(LibraryError, match="can't be written to"), writer_lock(home):
        pass


def test_whoever_opens_while_another_publishes_gets_one_or_the_other(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder that the mark named is replaced, and removed, before it is in use."""
    swept: list[bool] = []

    def late(folder: Path) -> object:
        if not swept:
            swept.append(True)
            with Library(copy) as library:
                Indexes(copy, library).rebuild()
        return InUse(folder)

    monkeypatch.setattr("rag.indexes.InUse", late)
    with Library(copy) as library:
        opened = Indexes(copy, library).open_current()
        assert opened.whole
        opened.close()


def test_one_who_reads_goes_on_while_another_writes(copy: Path, folder: Path) -> None:
    (folder / "story.txt").write_text(STORY)
    with Library(copy) as library:
        opened = Indexes(copy, library).open()
        vectors = dict(library.vectors())
        ingest(copy, [folder], Settings())
        for passage_id, vector in vectors.items():
            assert opened.vectors.search(vector, 1, Filters())[0][0] == passage_id
        opened.close()
    assert wrong_self_queries(copy) == []


def test_a_process_that_hangs_while_it_opens_keeps_nobody_waiting_for_ever(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.lock._OPENING_S", 0.1)
    with opening(index_folder(copy)) as first:
        assert first
        assert wrong_self_queries(copy) == []


def test_while_a_writer_is_at_work_the_library_itself_is_searched(copy: Path) -> None:
    (copy / "index" / "current.json").unlink()
    with writer_lock(copy), Library(copy) as library:
        opened = Indexes(copy, library).open()
        assert isinstance(opened.vectors, ExactVectors) and not opened.whole
        opened.close()


# --- doctor --------------------------------------------------------------------------------------


def found(home: Path, *, fix: bool = False) -> dict[str, tuple[bool, str]]:
    return {f.check: (f.ok, f.detail) for f in stored(home, fix=fix, progress=lambda *_: None)}


def test_doctor_mends_indexes_and_removes_leftovers(copy: Path) -> None:
    (path,) = index_folder(copy).glob("chroma/*/header.bin")
    flipped_in_secret(path)
    (copy / "index" / "7-killed").mkdir()
    seen = found(copy)
    assert not seen["indexes"][0] and "header.bin" in seen["indexes"][1]
    assert "1 unfinished" in seen["leftovers"][1]
    mended = found(copy, fix=True)
    assert mended["indexes"][0] and "rebuilt" in mended["indexes"][1]
    assert found(copy)["leftovers"] == (True, "none")
    assert all(ok for ok, _ in found(copy).values())


def test_doctor_tells_of_a_full_disk(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from types import SimpleNamespace

    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    ok, told = found(copy)["disk"]
    assert not ok and "1 MB free" in told


def test_doctor_tells_of_a_journal_without_its_library(died: Path, home: Path) -> None:
    shutil.copytree(died, home)
    (home / "library.db").unlink()
    ok, told = found(home)["library"]
    assert not ok and "is gone" in told


def test_doctor_tells_of_a_damaged_history(copy: Path) -> None:
    garbage(copy / "history.db")
    assert not found(copy)["history"][0]


def test_doctor_makes_nothing(home: Path) -> None:
    from ui.doctor import examine

    findings = examine(home, SettingsWithOrigins(Settings(), {}), fix=True)
    assert all(f.ok for f in findings)
    assert not home.exists()
