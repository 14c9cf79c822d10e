from __future__ import annotations

import codecs
import os
from pathlib import Path

import pytest

from ingest.files import FoundFile, find_files
from ingest.formats.part import ReadOptions
from ingest.read import Source, read_one
from ingest.read import read as read_all
from rag.errors import NotFound, RejectedFile

TEXT = "Ferry strikes pier\n\nFourteen people were hurt in Port Ennick on Thursday – “we prayed”.\n"


def read(path: Path, max_mb: int = 20, encoding: str | None = None, named: bool = True) -> Source:
    if named:
        return read_one(path, ReadOptions(max_mb, encoding))
    ((source, _),) = read_all(FoundFile(path, path.parent), ReadOptions(max_mb, encoding))
    assert isinstance(source, Source)
    return source


def written(folder: Path, content: bytes, name: str = "a.txt") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        TEXT.encode("utf-16"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
    ],
    ids=["utf-8", "utf-8 BOM", "utf-16", "utf-16 big-endian", "utf-32"],
)
def test_text_comes_out_as_written_and_without_its_byte_order_mark(
    tmp_path: Path, content: bytes
) -> None:
    assert read(written(tmp_path, content), 20).text == TEXT


def test_line_ends_and_trailing_blanks_are_kept_as_they_are(tmp_path: Path) -> None:
    text = "Ferry strikes pier  \r\n\r\nFourteen were hurt.\t\r\n\n"
    assert read(written(tmp_path, text.encode()), 20).text == text


def test_an_encoding_the_user_names_is_used(tmp_path: Path) -> None:
    assert read(written(tmp_path, TEXT.encode("cp1252")), 20, "cp1252").text == TEXT
    assert read(written(tmp_path, TEXT.encode("utf-16-le")), 20, "utf-16-le").text == TEXT


@pytest.mark.parametrize(
    ("content", "cause", "remedy"),
    [
        (b"", "empty", "remove it"),
        (b" \n\t\n", "empty", "remove it"),
        (codecs.BOM_UTF8 + b"\n", "empty", "remove it"),
        (b"text\0with\0zeros", "a binary", "convert"),
        (bytes(range(1, 31)) * 40, "a binary", "convert"),
        (TEXT.encode("cp1252"), "not valid UTF-8 (at byte", "--encoding"),
        (TEXT.encode()[:-6] + b"\xe2\x80", "not valid UTF-8 (at byte", "--encoding"),
        (TEXT.encode("utf-16")[:-1], "not valid utf-16", "--encoding"),
        (b"%PDF-1.7\n1 0 obj", "a PDF that is cut off", "copy it anew"),
        (b"PK\x03\x04word/document.xml", "a Word", "convert"),
        (b"{\\rtf1\\ansi Ferry strikes pier}", "an RTF", "convert"),
    ],
)
def test_what_is_no_text_is_rejected_with_its_cause_and_a_way_out(
    tmp_path: Path, content: bytes, cause: str, remedy: str
) -> None:
    with pytest.raises(RejectedFile) as caught:
        read(written(tmp_path, content), 20)
    message = str(caught.value)
    assert message.startswith(cause)
    assert remedy in message
    assert "\n" not in message


def test_an_unknown_encoding_is_rejected_by_name(tmp_path: Path) -> None:
    with pytest.raises(RejectedFile, match=r"unknown encoding 'klingon'.*UTF-8"):
        read(written(tmp_path, b"Caf\xe9 talks collapsed."), 20, "klingon")


def test_a_file_over_the_limit_is_rejected_with_the_setting_that_raises_it(tmp_path: Path) -> None:
    with pytest.raises(RejectedFile, match=r"larger than 1 MB.*max_file_mb"):
        read(written(tmp_path, b"a" * 1_000_001), 1)


@pytest.mark.parametrize("named", [True, False])
def test_an_unknown_extension_is_read_only_when_the_file_itself_was_named(
    tmp_path: Path, named: bool
) -> None:
    path = written(tmp_path, TEXT.encode(), "a.story")
    if named:
        assert read(path, 20, named=True).text == TEXT
    else:
        with pytest.raises(RejectedFile, match=r"\(\.story\).*name the file itself"):
            read(path, 20, named=False)


@pytest.mark.skipif(os.name == "nt", reason="needs links and pipes")
def test_links_to_nothing_and_pipes_are_rejected_and_never_waited_on(tmp_path: Path) -> None:
    link, pipe = tmp_path / "link.txt", tmp_path / "pipe.txt"
    link.symlink_to(tmp_path / "gone.txt")
    os.mkfifo(pipe)
    with pytest.raises(RejectedFile, match="a link to nothing"):
        read(link, 20)
    with pytest.raises(RejectedFile, match="not a file"):
        read(pipe, 20)


@pytest.mark.skipif(os.name == "nt", reason="names are not bytes there")
def test_a_name_that_is_not_utf_8_is_rejected_and_not_stumbled_over(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt"))
    try:
        path.write_text(TEXT)
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    with pytest.raises(RejectedFile, match="rename it"):
        read(path, 20)


def test_a_file_that_cannot_be_opened_is_rejected_with_the_system_s_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, TEXT.encode())

    # Permissions don't stop the superuser, whom tests may run as.
    def refuse(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(RejectedFile, match=r"can't be read \(Permission denied\): check"):
        read(path, 20)


def test_a_page_saved_under_a_text_extension_is_read_as_a_page(tmp_path: Path) -> None:
    sentence = "Fourteen people were hurt when the ferry struck the pier, officials said on Friday."
    page = f"<!DOCTYPE html><html><body><article><p>{sentence}</p></article></body></html>"
    assert read(written(tmp_path, page.encode()), 20).text == sentence


def test_folders_give_every_file_once_in_order_and_pass_over_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.txt", "a/y.md", ".hidden", ".git/c.txt", "p.html", "p_files/x.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("text")
    files = find_files([tmp_path, tmp_path / "b.txt"])
    found = [f.path.relative_to(tmp_path).as_posix() for f in files]
    assert found == ["b.txt", "p.html", "a/y.md", "a/z.txt"]


def test_a_missing_path_is_named_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        list(find_files([tmp_path, tmp_path / "nowhere"]))


def test_a_folder_that_cannot_be_opened_gets_an_outcome_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shut = tmp_path / "shut"
    shut.mkdir()
    (tmp_path / "a.txt").write_text("text")
    scandir = os.scandir

    def refuse(path: str | os.PathLike[str]) -> object:
        if Path(path) == shut:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = [f.path for f in find_files([tmp_path])]
    assert found == [tmp_path / "a.txt", shut]
    with pytest.raises(RejectedFile, match="a folder that can't be opened"):
        read(shut, 20)
