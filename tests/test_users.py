"""Users: nobody gets in by a damaged file, a race, or another way to write a name."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rag.errors import LibraryBusy, LibraryError, NotFound, SettingsError
from tests.conftest import ROOT, Run
from ui import passwords
from ui.passwords import Cost
from ui.users import User, Users
from ui.users_file import name_key

PASSWORD = "a long — пароль 密码"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", Cost(n=2**4, r=8, p=1))


@pytest.fixture
def users(home: Path) -> Users:
    users = Users(home)
    users.add("Ada", PASSWORD)
    users.add("Björn", PASSWORD, "editor")
    return users


def file_of(home: Path) -> Path:
    return home / "users.json"


def with_file(home: Path, content: str | bytes) -> Users:
    home.mkdir(exist_ok=True)
    file_of(home).write_bytes(content if isinstance(content, bytes) else content.encode())
    return Users(home)


# --- names and passwords ---------------------------------------------------------------------


def test_a_user_is_found_by_name_and_password_alone(users: Users) -> None:
    assert users.check("Ada", PASSWORD) == User("Ada", "reader")
    assert users.check("Ada", PASSWORD + " ") is None
    assert users.check("Ada", "") is None
    assert users.check("Björn", PASSWORD) == User("Björn", "editor")
    assert users.check("nobody", PASSWORD) is None
    assert users.all() == [User("Ada", "reader"), User("Björn", "editor")]


@pytest.mark.parametrize("written", ["ADA", "ada", "\uff21da", "\U0001d400\U0001d403A"], ids=ascii)
def test_capitals_and_widths_are_the_same_name(users: Users, written: str) -> None:
    assert users.get(written) == User("Ada", "reader")
    with pytest.raises(SettingsError, match="'Ada' already"):
        users.add(written, PASSWORD)


def test_a_composed_and_a_decomposed_character_are_the_same(users: Users) -> None:
    assert users.get("Bjo\u0308rn") == User("Björn", "editor")
    users.add("composed", "caf\u00e9-caf\u00e9")
    assert users.check("composed", "cafe\u0301-cafe\u0301")


def test_a_name_is_the_same_under_its_own_key() -> None:
    for code in (*range(0xD800), *range(0xE000, 0x20000)):
        key = name_key(chr(code))
        assert name_key(key) == key, hex(code)


@pytest.mark.parametrize("name", ["a", "x" * 64, "Zoë Ærø", "عمر", "李 雷", "o'Neil; DROP", "🦊"])
def test_a_printable_name_is_kept_as_written(home: Path, name: str) -> None:
    Users(home).add(name, PASSWORD)
    assert Users(home).all() == [User(name, "reader")]


@pytest.mark.parametrize(
    "name",
    ["", "x" * 65, " a", "a ", "a\u00a0", "a\nb", "a\x00b", "a\u202eb", "a\u200bb", "a\ud800b"],
    ids=ascii,
)
def test_a_name_that_could_mislead_is_turned_down_in_one_line(home: Path, name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Users(home).add(name, PASSWORD)
    assert "1 to 64 printable characters" in str(caught.value)
    assert str(caught.value).isprintable()
    assert not file_of(home).exists()


@pytest.mark.parametrize("password", ["", "seven77", "x" * 1_001, "not text \ud800"], ids=len)
def test_a_password_nobody_should_have_is_turned_down_and_not_quoted(
    users: Users, password: str
) -> None:
    for change in (users.add, users.set_password):
        with pytest.raises(SettingsError) as caught:
            change("new" if change == users.add else "Ada", password)
        assert not password or password not in str(caught.value)
    assert users.get("new") is None
    assert users.check("Ada", PASSWORD)


@pytest.mark.parametrize("length", [8, 1_000])
def test_passwords_of_the_shortest_and_longest_length_work(users: Users, length: int) -> None:
    users.set_password("Ada", "x" * length)
    assert users.check("Ada", "x" * length)
    assert users.check("Ada", "x" * (length + 1)) is None
    assert users.check("Ada", PASSWORD) is None


def test_a_password_of_the_whole_cost_takes_32_megabytes(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is, OpenSSL lets it: its default is below that."""
    monkeypatch.undo()
    users = Users(home)
    users.add("Ada", PASSWORD)
    row = json.loads(file_of(home).read_text())["users"][0]["password"]
    assert (row["scheme"], row["n"], row["r"], row["p"]) == ("scrypt", 2**15, 8, 1)
    assert len(bytes.fromhex(row["salt"])) == 16
    assert users.check("Ada", PASSWORD) and not users.check("Ada", PASSWORD[1:])


def test_a_hash_is_checked_at_the_cost_it_was_made_at(
    users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "COST", Cost(n=2**5, r=4, p=2))
    assert users.check("Ada", PASSWORD)
    users.set_password("Ada", PASSWORD)
    assert users.check("Ada", PASSWORD) and users.check("Björn", PASSWORD)


def test_an_unknown_name_costs_as_much_as_a_wrong_password(
    users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent: list[object] = []
    scrypt = passwords._scrypt

    def counted(password: str, cost: Cost, salt: bytes) -> bytes:
        spent.append((password, cost, len(salt)))
        return scrypt(password, cost, salt)

    monkeypatch.setattr(passwords, "_scrypt", counted)
    assert users.check("Ada", "a wrong one") is None
    assert users.check("nobody", "a wrong one") is None
    assert users.check("x" * 1_000, "a wrong one") is None
    assert len(spent) == 3 and len(set(spent)) == 1


def test_equal_passwords_have_different_hashes_and_none_is_in_the_file(
    users: Users, home: Path
) -> None:
    text = file_of(home).read_text()
    ada, bjorn = (row["password"] for row in json.loads(text)["users"])
    assert ada["hash"] != bjorn["hash"] and ada["salt"] != bjorn["salt"]
    assert PASSWORD not in text


# --- changes ---------------------------------------------------------------------------------


def test_what_one_changes_another_knows_at_once(users: Users, home: Path) -> None:
    running = Users(home)
    assert running.get("ada") == User("Ada", "reader")
    users.set_role("ada", "editor")
    assert running.get("ada") == User("Ada", "editor")
    assert running.check("Ada", PASSWORD)
    users.set_password("ADA", "another long one")
    assert running.check("Ada", PASSWORD) is None
    users.remove("ada")
    assert running.get("ada") is None
    assert running.check("Ada", "another long one") is None
    file_of(home).unlink()
    assert running.get("Björn") is None


def test_the_stamp_changes_with_the_password_and_with_nothing_else(users: Users) -> None:
    first = users.named("Ada").stamp
    assert users.set_role("Ada", "editor").stamp == first
    second = users.set_password("Ada", PASSWORD).stamp
    users.remove("Ada")
    third = users.add("Ada", PASSWORD).stamp
    assert len({first, second, third}) == 3


def test_a_name_that_nobody_has_can_be_neither_changed_nor_removed(users: Users) -> None:
    changes: list[Callable[[], User]] = [
        lambda: users.set_password("nobody", PASSWORD),
        lambda: users.set_role("nobody", "editor"),
        lambda: users.remove("nobody"),
        lambda: users.named("nobody"),
    ]
    for change in changes:
        with pytest.raises(NotFound, match="no user 'nobody'"):
            change()
    assert len(users.all()) == 2


def test_a_role_that_is_none_is_turned_down(users: Users) -> None:
    with pytest.raises(SettingsError, match="no role 'admin'; there are reader and editor"):
        users.set_role("Ada", "admin")  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="no role"):
        users.add("new", PASSWORD, "")  # type: ignore[arg-type]


def test_without_a_file_there_is_nobody_and_looking_makes_none(home: Path) -> None:
    users = Users(home)
    assert users.all() == []
    assert users.check("Ada", PASSWORD) is None
    assert not home.exists()


# --- the file --------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
def test_the_file_is_its_owners_alone_whatever_it_was(users: Users, home: Path) -> None:
    file_of(home).chmod(0o644)
    old = os.umask(0)
    try:
        users.set_role("Ada", "editor")
    finally:
        os.umask(old)
    assert file_of(home).stat().st_mode & 0o777 == 0o600
    assert [p.name for p in home.iterdir() if p.suffix == ".part"] == []


def test_a_file_cut_off_anywhere_is_damaged_and_never_empty(users: Users, home: Path) -> None:
    whole = file_of(home).read_bytes().rstrip()
    for length in range(len(whole)):
        file_of(home).write_bytes(whole[:length])
        with pytest.raises(SettingsError, match="is damaged; restore it from a backup"):
            users.all()


ROW = {
    "name": "Ada",
    "role": "reader",
    "password": {"scheme": "scrypt", "n": 16, "r": 8, "p": 1, "salt": "00" * 16, "hash": "0" * 64},
}


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe",
        "null",
        "[]",
        "{}",
        '{"format": 1}',
        '{"format": 1, "users": null}',
        '{"format": 1, "users": [1]}',
        "[" * 100_000,
        json.dumps({"format": 1, "users": [ROW, {**ROW, "name": "ADA"}]}),
        json.dumps({"format": 1, "users": [{**ROW, "role": "admin"}]}),
        json.dumps({"format": 1, "users": [{**ROW, "role": ["reader"]}]}),
        json.dumps({"format": 1, "users": [{**ROW, "name": ""}]}),
        json.dumps({"format": 1, "users": [{**ROW, "name": 7}]}),
    ],
    ids=lambda c: str(c)[:40],
)
def test_a_file_of_another_shape_is_damaged(home: Path, content: str | bytes) -> None:
    users = with_file(home, content)
    uses: list[Callable[[], object]] = [
        users.all,
        lambda: users.check("Ada", PASSWORD),
        lambda: users.add("B", PASSWORD),
    ]
    for use in uses:
        with pytest.raises(SettingsError, match=r"users\.json is damaged") as caught:
            use()
        assert "\n" not in str(caught.value)
    assert file_of(home).read_bytes() == (
        content if isinstance(content, bytes) else content.encode()
    )


@pytest.mark.parametrize(
    "part",
    [
        {"n": 17},
        {"n": 2**30},
        {"n": 1},
        {"n": True},
        {"n": 16.0},
        {"r": 0},
        {"p": 10**9},
        {"scheme": "plain"},
        {"salt": ""},
        {"salt": "zz" * 16},
        {"salt": None},
        {"hash": ""},
        {"hash": "00"},
    ],
    ids=str,
)
def test_a_hash_that_is_none_of_ours_is_damage(home: Path, part: dict[str, object]) -> None:
    row = {**ROW, "password": {**ROW["password"], **part}}  # type: ignore[dict-item]
    with pytest.raises(SettingsError, match="is damaged"):
        with_file(home, json.dumps({"format": 1, "users": [row]})).all()


def test_a_later_format_is_not_called_damage(home: Path) -> None:
    with pytest.raises(SettingsError, match="has the format 2, and this Citewire reads 1; update"):
        with_file(home, '{"format": 2, "people": {}}').all()


def test_a_file_that_can_not_be_read_is_no_empty_one(home: Path) -> None:
    file_of(home).mkdir(parents=True)
    with pytest.raises(LibraryError, match=r"users\.json can't be read"):
        Users(home).all()


def test_a_home_that_can_not_be_written_to_is_one_line(home: Path) -> None:
    home.write_text("a file")
    with pytest.raises(LibraryError, match=r"can't be .*--home"):
        Users(home).add("Ada", PASSWORD)


def test_a_change_that_fails_midway_leaves_the_old_file_and_no_other(
    users: Users, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = file_of(home).read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LibraryError, match="No space left on device"):
        users.add("new", PASSWORD)
    assert file_of(home).read_bytes() == before
    assert list(home.glob("*.part")) == []
    assert users.get("new") is None


def test_a_writer_that_does_not_end_is_not_waited_for_for_ever(
    users: Users, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    monkeypatch.setattr("ui.users_file._LOCK_SECONDS", 0.05)
    with FileLock(home / "users.lock"), ThreadPoolExecutor(1) as other:
        with pytest.raises(LibraryBusy, match="Another process is changing"):
            other.submit(users.remove, "Ada").result()
        assert users.get("Ada"), "reading needs no lock"


def _add_some(home: Path, mark: str) -> None:
    users = Users(home)
    for n in range(5):
        users.add(f"{mark}{n}", PASSWORD)


def test_writers_at_once_lose_none_of_each_others_users(home: Path) -> None:
    threads = [threading.Thread(target=_add_some, args=(home, mark)) for mark in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Users(home).all()) == 15


def test_processes_at_once_lose_none_of_each_others_users(home: Path) -> None:
    code = "import sys; from pathlib import Path; from ui.users import Users\n"
    code += "users = Users(Path(sys.argv[1]))\n"
    code += "for n in range(5): users.add(f'{sys.argv[2]}{n}', 'a password')"
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(home), mark], cwd=ROOT) for mark in "ab"
    ]
    assert [process.wait() for process in running] == [0, 0]
    assert len(Users(home).all()) == 10


def test_one_name_added_twice_at_once_is_added_once(home: Path) -> None:
    def add(n: int) -> bool:
        try:
            Users(home).add("Ada", f"password {n}")
        except SettingsError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(add, range(4))) == 1


# --- the command -----------------------------------------------------------------------------


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a person types when asked; the prompts take it from the front."""
    answers: list[str] = []

    def ask(_prompt: str) -> str:
        if not answers:
            raise EOFError
        return answers.pop(0)

    monkeypatch.setattr("getpass.getpass", ask)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    return answers


def piped(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_a_user_from_being_added_to_being_removed(run: Run, home: Path, typed: list[str]) -> None:
    assert "no users yet" in run("users", "list")[1]
    typed += [PASSWORD, PASSWORD]
    assert run("users", "add", "Zoë") == (0, "Added 'Zoë', reader.\n", "")
    assert Users(home).check("zoë", PASSWORD) == User("Zoë", "reader")
    assert run("users", "role", "ZOË", "editor") == (0, "'Zoë' is an editor now.\n", "")
    assert run("users", "list") == run("users") == (0, "editor  Zoë\n", "")
    typed += ["another password"] * 2
    assert run("users", "password", "zoë")[0] == 0
    assert Users(home).check("Zoë", "another password") == User("Zoë", "editor")
    assert run("users", "remove", "zoë") == (0, "Removed 'Zoë'.\n", "")
    assert Users(home).all() == []


def test_list_json_holds_names_and_roles_alone(run: Run, users: Users) -> None:
    code, out, _ = run("users", "list", "--json")
    assert code == 0
    assert json.loads(out) == {
        "users": [{"name": "Ada", "role": "reader"}, {"name": "Björn", "role": "editor"}]
    }
    assert len(users.all()) == 2


def test_two_different_passwords_change_nothing(run: Run, home: Path, typed: list[str]) -> None:
    typed += [PASSWORD, PASSWORD.upper()]
    code, out, err = run("users", "add", "Ada")
    assert (code, out) == (2, "")
    assert "differ" in err and err.count("\n") == 1 and PASSWORD not in err
    assert Users(home).all() == []


@pytest.mark.usefixtures("typed")
def test_no_password_typed_changes_nothing(run: Run, home: Path) -> None:
    code, _, err = run("users", "add", "Ada")
    assert (code, err.count("\n")) == (2, 1)
    assert Users(home).all() == []


def test_a_name_is_looked_at_before_a_password_is_asked_for(
    run: Run, users: Users, typed: list[str]
) -> None:
    typed += [PASSWORD, PASSWORD]
    for words in (("add", "ADA"), ("add", " x"), ("password", "nobody")):
        code, _, err = run("users", *words)
        assert (code, err.count("\n")) == (2, 1)
    assert len(typed) == 2 and len(users.all()) == 2


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\nsecond line\n"])
def test_without_a_terminal_the_password_is_one_line_of_standard_input(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    piped(monkeypatch, (PASSWORD + end).encode())
    assert run("users", "add", "Ada", "--role", "editor")[0] == 0
    assert Users(home).check("Ada", PASSWORD) == User("Ada", "editor")


@pytest.mark.parametrize("content", [b"", b"\n", b"short\n", "naïve latin-1".encode("latin-1")])
def test_a_bad_line_of_standard_input_is_one_line_of_error(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    piped(monkeypatch, content)
    code, out, err = run("users", "add", "Ada")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert Users(home).all() == []


@pytest.mark.parametrize(
    "words",
    [
        ("add",),
        ("add", "Ada", PASSWORD),
        ("add", "Ada", "--password", PASSWORD),
        ("add", "Ada", "--role", "admin"),
        ("role", "Ada"),
        ("role", "Ada", "admin"),
        ("remove", "nobody"),
        ("role", "nobody", "editor"),
        ("frobnicate",),
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_exits_2_with_one_line(
    run: Run, users: Users, words: tuple[str, ...]
) -> None:
    code, out, err = run("users", *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert [u.role for u in users.all()] == ["reader", "editor"]


def test_a_damaged_file_exits_2_and_is_not_written_over(run: Run, home: Path) -> None:
    with_file(home, "{")
    for words in (("list",), ("list", "--json"), ("remove", "Ada"), ("role", "Ada", "editor")):
        code, out, err = run("users", *words)
        assert (code, out) == (2, "")
        assert "is damaged" in err and err.count("\n") == 1
    assert file_of(home).read_text() == "{"
