"""Every command from end to end, as a process of its own or through `main`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rag.lock import writer_lock
from tests.conftest import OTHER, STORY, Run
from ui.cli import build_parser, main


def process(*args: object, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ui.cli", *map(str, args)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **env},
        check=False,
    )


def one_line(err: str) -> bool:
    return err.count("\n") == 1 and err.startswith("citewire") and "Traceback" not in err


def test_from_a_folder_to_a_cited_answer_in_fresh_processes(folder: Path, home: Path) -> None:
    (folder / "a.txt").write_text(STORY)
    (folder / "b.txt").write_text(OTHER)
    ingested = process("ingest", folder, "--home", home, "--json")
    assert ingested.returncode == 0, ingested.stderr
    assert json.loads(ingested.stdout)["ingested"] == 2
    asked = process("ask", "Who was at the helm of the ferry?", "--json", CITEWIRE_HOME=str(home))
    assert asked.returncode == 0, asked.stderr
    assert asked.stderr == ""
    answer = json.loads(asked.stdout)
    citation = answer["citations"][0]
    shown = subprocess.run(
        [sys.executable, "-m", "ui.cli", "--home", home, "show", citation["article_id"], "--text"],
        capture_output=True,
        check=True,
    )
    assert shown.stdout == STORY.encode()
    text = shown.stdout.decode()
    assert text[citation["start"] : citation["end"]] == citation["quote"]
    assert "Ilya Brandt" in citation["quote"]
    assert (citation["outlet"], citation["published"]) == ("The Harbour Post", "2024-05-03")


def test_ask_prints_the_contracts_object(run: Run, seeds_home: Path) -> None:
    code, out, _ = run("ask", "Who was put in charge of the secret talks?", "--json", at=seeds_home)
    answer: dict[str, Any] = json.loads(out)
    assert code == 0
    assert set(answer) >= {
        "question", "status", "answer", "claims", "citations", "disagreements", "writer", "model",
        "as_of", "usage", "timings_ms",
    }  # fmt: skip
    assert set(answer["claims"][0]) == {"text", "citations", "support"}
    assert set(answer["citations"][0]) >= {
        "n", "article_id", "title", "outlet", "published", "source", "origin", "start", "end",
        "quote",
    }  # fmt: skip
    assert answer["status"] == "answered"
    assert answer["writer"] == "quotes"
    assert "[1]" in answer["answer"]


def test_ask_shows_outlet_date_and_words_to_a_person(run: Run, seeds_home: Path) -> None:
    code, out, err = run("ask", "Who was put in charge of the secret talks?", at=seeds_home)
    assert (code, err) == (0, "")
    assert "20 February 2023 [1]" in out
    assert "“" in out
    assert "000_aides_secret_talks.txt" in out


def test_not_found_is_no_error_and_offers_the_nearest_as_such(run: Run, seeds_home: Path) -> None:
    code, out, _ = run("ask", "What is the population of Sweden?", at=seeds_home)
    assert code == 0
    assert "none of them mentions 'Sweden'" in out
    assert "which do not answer it" in out
    assert "[1]" not in out


def test_ingest_json_adds_up_and_a_rejected_file_makes_it_exit_1(run: Run, folder: Path) -> None:
    (folder / "a.txt").write_text(STORY)
    (folder / "bad.txt").write_bytes(b"\0\0\0\1")
    (folder / "empty.txt").write_text("")
    code, out, _ = run("ingest", folder, "--json")
    report = json.loads(out)
    assert code == 1
    assert (
        report["found"]
        == 3
        == sum(report[k] for k in ("ingested", "unchanged", "updated", "duplicate", "rejected"))
    )
    by_name = {Path(f["path"]).name: f for f in report["files"]}
    assert by_name["a.txt"]["article_id"].startswith("a")
    assert by_name["a.txt"]["published"] == "2024-05-03"
    assert by_name["bad.txt"]["reason"]


def test_each_rejected_file_gets_one_line_that_names_it(run: Run, folder: Path) -> None:
    (folder / "a.txt").write_text(STORY)
    (folder / "bad.txt").write_bytes(b"\0\0\0\1")
    (folder / "empty.txt").write_text("")
    code, out, err = run("ingest", folder)
    assert code == 1
    assert [line.split()[0] for line in err.splitlines()] == ["rejected", "rejected"]
    assert "bad.txt" in err and "empty.txt" in err
    assert "1 ingested, 2 rejected" in out


def test_an_empty_folder_is_fine_and_says_so(run: Run, folder: Path) -> None:
    code, out, err = run("ingest", folder)
    assert (code, err) == (0, "")
    assert "0 files" in out


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("ingest", "/nowhere/at/all"), 2, "nothing at '/nowhere/at/all'"),
        (("ask", "Who?"), 2, "citewire ingest FOLDER"),
        (("show", "a123"), 2, "citewire ingest FOLDER"),
        (("delete", "a123"), 2, "citewire ingest FOLDER"),
        (("ask",), 2, "QUESTION"),
        (("ask", "Who?", "--since", "yesterday"), 2, "2023-02-20"),
        (("frobnicate",), 2, "frobnicate"),
        (("settings", "--set", "passage_words"), 2, "NAME=VALUE"),
        (("settings", "--set", "passage_words=many"), 2, "whole number from 20 to 1000"),
        (("settings", "--set", "passage_words=5"), 2, "whole number from 20 to 1000"),
        (("settings", "--set", "colour=red"), 2, "colour"),
        (("eval", "--gold", "/nowhere.yaml"), 2, "/nowhere.yaml"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    args: tuple[str, ...], code: int, says: str, run: Run
) -> None:
    got, out, err = run(*args)
    assert got == code
    assert out == ""
    assert one_line(err), err
    assert says in err


def test_a_damaged_library_is_told_in_one_line(run: Run, home: Path, folder: Path) -> None:
    home.mkdir()
    (home / "library.db").write_bytes(b"not a database at all, by any means" * 200)
    (folder / "a.txt").write_text(STORY)
    for args in (("ask", "Who?"), ("list",), ("show", "a1"), ("ingest", folder)):
        code, _, err = run(*args)
        assert code == 3
        assert one_line(err), err
        assert "library.db" in err
    assert run("doctor")[0] == 3


def test_a_busy_library_is_told_in_one_line(run: Run, home: Path, folder: Path) -> None:
    (folder / "a.txt").write_text(STORY)
    with writer_lock(home):
        code, _, err = run("ingest", folder)
    assert code == 3
    assert one_line(err)
    assert str(os.getpid()) in err


def test_an_unexpected_fault_shows_no_traceback_unless_asked(
    run: Run, seeds_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag.engine import Engine

    def broken(*_: object) -> None:
        raise RuntimeError("no luck\nsecond line")

    monkeypatch.setattr(Engine, "stream", broken)
    code, _, err = run("ask", "Who?", at=seeds_home)
    assert code == 3
    assert one_line(err)
    with pytest.raises(RuntimeError, match="no luck"):
        run("--debug", "ask", "Who?", at=seeds_home)


def test_list_show_and_delete(run: Run, folder: Path) -> None:
    (folder / "a.txt").write_text(STORY)
    (folder / "b.txt").write_text(OTHER)
    run("ingest", folder)
    listed = json.loads(run("list", "--json")[1])["articles"]
    assert [a["outlet"] for a in listed] == ["The Harbour Post", "Coast Weekly"]
    assert "Coast Weekly" in run("list")[1]
    first = listed[0]["id"]
    assert "struck the north pier" in run("show", first[:6])[1]
    assert json.loads(run("show", first, "--json")[1])["text"] == STORY
    code, _, err = run("delete", first, "nothing")
    assert code == 2
    assert one_line(err)
    assert len(json.loads(run("list", "--json")[1])["articles"]) == 2
    code, out, _ = run("delete", first)
    assert code == 0
    assert "citewire ingest" in out
    assert [a["id"] for a in json.loads(run("list", "--json")[1])["articles"]] == [listed[1]["id"]]
    answer = json.loads(run("ask", "Who was at the helm of the ferry?", "--json")[1])
    shown = answer["citations"] + answer["nearest"]
    assert all(c["article_id"] != first for c in shown)


def test_an_empty_library_lists_nothing(run: Run) -> None:
    assert run("list")[0] == 0
    assert json.loads(run("list", "--json")[1]) == {"articles": []}


def test_a_library_emptied_again_says_how_to_fill_it(run: Run, folder: Path) -> None:
    (folder / "a.txt").write_text(STORY)
    run("ingest", folder)
    (article,) = json.loads(run("list", "--json")[1])["articles"]
    run("delete", article["id"])
    code, _, err = run("ask", "Who?")
    assert code == 2
    assert "citewire ingest FOLDER" in err


def test_doctor_finds_a_sound_library_and_mends_broken_indexes(
    run: Run, folder: Path, home: Path
) -> None:
    assert run("doctor")[0] == 0
    (folder / "a.txt").write_text(STORY)
    run("ingest", folder)
    code, out, _ = run("doctor", "--json")
    assert code == 0
    assert {c["check"] for c in json.loads(out)["checks"]} == {
        "versions", "models", "home", "disk", "library", "indexes", "leftovers", "writer",
    }  # fmt: skip
    for file in (home / "index").rglob("meta.json"):
        file.write_text("{}")
    assert run("doctor")[0] == 3
    code, out, _ = run("doctor", "--fix")
    assert code == 0
    assert "rebuilt" in out
    assert run("doctor")[0] == 0


def test_signs_that_cannot_be_seen_are_counted_and_marked(run: Run, folder: Path) -> None:
    hidden = STORY.replace("Halcyon", "Hal\u200bcyon").replace("pier of", "\x1b[31mpier\u202e of")
    (folder / "a.txt").write_text(hidden)
    run("ingest", folder)
    (article,) = json.loads(run("list", "--json")[1])["articles"]
    out = run("show", article["id"])[1]
    assert "1 control, 1 zero-width, 1 direction" in " ".join(out.split())
    assert "Hal<U+200B>cyon" in out and "<U+001B>pier<U+202E> of" in out
    shown = json.loads(run("show", article["id"], "--json")[1])
    assert shown["hidden"] == {"control": 1, "zero-width": 1, "direction": 1}
    assert run("show", article["id"], "--text")[1] == hidden
    answer = json.loads(run("ask", "What did the ferry Halcyon strike?", "--json")[1])
    (quote,) = {c["quote"] for c in (answer["citations"] or answer["nearest"])[:1]}
    assert quote in hidden and "Hal\u200bcyon" in quote
    said = run("ask", "What did the ferry Halcyon strike?")[1]
    assert "\x1b" not in said and "\u202e" not in said and "Halcyon" in said


def test_show_gives_earlier_versions(run: Run, folder: Path) -> None:
    for text in (STORY, STORY.replace("fourteen", "fifteen"), STORY.replace("fourteen", "two")):
        (folder / "a.txt").write_text(text)
        run("ingest", folder)
    listed = json.loads(run("list", "--json")[1])["articles"]
    article_id = listed[0]["id"]
    code, out, _ = run("show", article_id)
    assert code == 0 and "two people" in out and "Earlier:" in out
    shown = json.loads(run("show", article_id, "--json")[1])
    assert [version["n"] for version in shown["earlier"]] == [1, 2]
    assert run("show", article_id, "--earlier", "2", "--text")[1] == STORY
    out = run("show", article_id, "--earlier", "1")[1]
    assert "fifteen people" in out and "Earlier:" not in out
    for n in ("0", "3", "-1"):
        code, _, err = run("show", article_id, "--earlier", n)
        assert code == 2 and one_line(err) and "2 earlier versions" in err


def test_settings_show_where_each_value_comes_from(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    (home / "citewire.toml").write_text("max_quotes = 2\npool = 50\nthreads = 1\n")
    monkeypatch.setenv("CITEWIRE_POOL", "60")
    monkeypatch.setenv("CITEWIRE_THREADS", "3")
    code, out, _ = run("settings", "--json", "--set", "threads=4")
    table = json.loads(out)["settings"]
    assert code == 0
    assert table["threads"] == {"value": 4, "origin": "flag"}
    assert table["pool"] == {"value": 60, "origin": "environment"}
    assert table["max_quotes"] == {"value": 2, "origin": "file"}
    assert table["passage_words"]["origin"] == "default"
    assert "max_quotes" in run("settings")[1]


@pytest.mark.parametrize(
    ("given", "value"), [("cautious", 0.6), ("balanced", 0.4), ("eager", 0.2), ("0.42", 0.42)]
)
def test_the_threshold_may_be_given_by_name(
    given: str, value: float, run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shown(*args: str) -> object:
        code, out, _ = run("settings", "--json", *args)
        assert code == 0
        return json.loads(out)["settings"]["answer_threshold"]["value"]

    assert shown("--set", f"answer_threshold={given}") == value
    home.mkdir()
    (home / "citewire.toml").write_text(f'answer_threshold = "{given}"\n')
    assert shown() == value
    monkeypatch.setenv("CITEWIRE_ANSWER_THRESHOLD", "eager")
    assert shown() == 0.2


def test_an_unknown_name_of_a_threshold_is_told_with_those_there_are(run: Run) -> None:
    code, _, err = run("settings", "--set", "answer_threshold=bold")
    assert code == 2
    assert one_line(err)
    assert "cautious, balanced, eager" in err
    assert "cautious" not in run("settings", "--set", "pool=eager")[2]


@pytest.mark.parametrize(
    "content", ["max_quotes = ", "colour = 1", "max_quotes = 2.5", 'pool = "x"']
)
def test_a_mistake_in_the_settings_file_is_told_in_one_line(
    content: str, run: Run, home: Path
) -> None:
    home.mkdir()
    (home / "citewire.toml").write_text(content)
    code, _, err = run("settings")
    assert code == 2
    assert one_line(err)
    assert "citewire.toml" in err


def test_demo_answers_from_the_sample_collection(run: Run, home: Path) -> None:
    code, out, _ = run("demo")
    assert code == 0
    assert "Hanegbi" in out
    assert "ixty-seven" in out
    assert "not say" in out
    assert not home.exists()


def test_help_and_version_load_nothing_heavy() -> None:
    for args in (["--help"], ["--version"], ["ask", "--help"]):
        code = f"import sys, ui.cli; sys.argv = ['citewire', *{args!r}]\n"
        code += "try: ui.cli.main()\nexcept SystemExit: pass\n"
        code += "print(sorted(set(sys.modules) & {'numpy', 'chromadb', 'rich', 'onnxruntime'}))"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[-1] == "[]"


def test_every_command_has_help_and_takes_a_home() -> None:
    parser = build_parser()
    (commands,) = (a for a in parser._actions if hasattr(a, "choices") and a.dest == "command")
    assert commands.choices is not None
    for name in commands.choices:
        assert parser.parse_args([name, *_needed(name), "--home", "/h"]).home == "/h"
        assert parser.parse_args(["--home", "/h", name, *_needed(name)]).home == "/h"


def test_without_a_command_the_help_is_shown(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "COMMAND" in capsys.readouterr().out


def test_a_reader_that_goes_away_is_no_fault(seeds_home: Path) -> None:
    command = f"{sys.executable} -m ui.cli list --json --home {seeds_home} | head -c 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == ""


@pytest.mark.parametrize("width", ["40", "80", "200"])
def test_output_keeps_to_the_terminals_width(
    width: str, run: Run, seeds_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    for args in (("list",), ("ask", "Who was put in charge of the secret talks?"), ("settings",)):
        out = run(*args, at=seeds_home)[1]
        long = [line for line in out.splitlines() if len(line.rstrip()) > int(width)]
        # Paths alone are not wrapped: one cut in two can't be copied.
        assert [line for line in long if os.sep not in line] == []


def _needed(name: str) -> list[str]:
    return ["x"] if name in ("ask", "backup", "delete", "edit", "ingest", "restore", "show") else []


def test_models_run_without_telling_anyone(tmp_path: Path) -> None:
    code = "from rag.embed import Embedder; Embedder().embed(['a sentence'])"
    env = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / ".cache")}
    env.pop("ORT_DISABLE_TELEMETRY", None)
    subprocess.run([sys.executable, "-c", code], env=env, check=True)
    assert list(tmp_path.rglob("*onnxruntime*")) == []


def test_an_empty_path_is_not_the_current_folder(run: Run) -> None:
    code, _, err = run("ingest", "")
    assert code == 2
    assert one_line(err)


@pytest.mark.parametrize("command", ["list", "doctor", "settings"])
def test_an_empty_home_is_not_the_usual_one(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--home", ""]) == 2
    assert one_line(capsys.readouterr().err)


def test_an_answer_is_shown_where_not_every_letter_can_be(seeds_home: Path) -> None:
    question = "Who was put in charge of the secret talks with the Palestinians?"
    command = [sys.executable, "-c", "import sys, ui.cli; sys.exit(ui.cli.main())"]
    ask = [*command, "ask", question, "--home", str(seeds_home)]
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    shown = subprocess.run(ask, env=env, capture_output=True, text=True, check=True)
    assert "Hanegbi" in shown.stdout and "?" in shown.stdout
    told = subprocess.run([*ask, "--json"], env=env, capture_output=True, text=True, check=True)
    answer = json.loads(told.stdout)
    plain = subprocess.run([*ask, "--json"], capture_output=True, encoding="utf-8", check=True)
    assert answer["citations"] == json.loads(plain.stdout)["citations"]


def test_a_named_encoding_is_for_the_files_that_are_not_utf_8(run: Run, folder: Path) -> None:
    (folder / "a.txt").write_text(STORY.replace("pier", "pi\u00e9r"))
    (folder / "b.txt").write_bytes(OTHER.replace("hall", "h\u00e5ll").encode("cp1252"))
    code, out, _ = run("ingest", folder, "--encoding", "cp1252", "--json")
    assert code == 0
    texts = [
        json.loads(run("show", f["article_id"], "--json")[1])["text"]
        for f in json.loads(out)["files"]
    ]
    assert "pi\u00e9r" in texts[0]
    assert "h\u00e5ll" in texts[1]
    for wrong in ("utf-99", "base64"):
        code, _, err = run("ingest", folder, "--encoding", wrong)
        assert code == 2
        assert one_line(err)


@pytest.mark.skipif(os.name == "nt", reason="such names can't be made there")
def test_a_file_name_can_not_break_the_line_or_colour_the_terminal(run: Run, folder: Path) -> None:
    (folder / "bad\nname\x1b[31m.txt").write_text("")
    _, _, err = run("ingest", folder)
    assert err.count("\n") == 1
    assert "\x1b" not in err
