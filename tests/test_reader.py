from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import ModelError
from rag.model_files import open_model, open_tokenizer
from rag.reader import Reader, Window
from rag.reader_input import MAX_TOKENS, pack, tokenise
from tests.conftest import ROOT

FERRY = Window(
    "Ferry strikes the pier (1998)",
    (
        "The ferry Alma struck the harbour pier at Oststrand on Tuesday.",
        "Captain Jonas Brandt, 54, was at the helm.",
        "Eleven passengers were taken to hospital with broken bones.",
        "The company, founded in 1921, runs nine ships.",
    ),
)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(2)


@pytest.mark.parametrize(
    ("question", "sentence", "answer"),
    [
        ("Who was at the helm of the ferry?", 1, "Brandt"),
        ("How many passengers were taken to hospital?", 2, "Eleven"),
        ("When was the company founded?", 3, "1921"),
    ],
)
def test_the_answering_sentence_and_the_short_answer_are_found(
    reader: Reader, question: str, sentence: int, answer: str
) -> None:
    (reads,) = reader.read(question, [FERRY])
    assert len(reads) == 4
    best = max(range(4), key=lambda n: reads[n].margin)
    assert best == sentence
    assert answer in FERRY.sentences[best][reads[best].start : reads[best].end]


def test_what_is_not_said_gets_less_than_what_is(reader: Reader) -> None:
    said, unsaid = (
        max(r.margin for r in reader.read(question, [FERRY])[0])
        for question in ("Who was at the helm of the ferry?", "What is the price of rice in May?")
    )
    assert said > unsaid


def test_a_window_reads_the_same_in_any_company(reader: Reader) -> None:
    other = Window("", ("Rice rose by nine per cent.",) * 9)
    question = "Who was at the helm?"
    alone = reader.read(question, [FERRY])[0]
    assert reader.read(question, [other, FERRY, other])[1] == alone
    assert Reader(1).read(question, [FERRY])[0] == alone


def test_sentences_past_the_end_of_the_window_are_not_read(reader: Reader) -> None:
    long = Window("", tuple(f"Number {n} of the harbour's ships left." for n in range(80)))
    (reads,) = reader.read("Which ship left?", [long])
    assert 10 < len(reads) < 80


@pytest.mark.parametrize("text", ["", " ", "\u200b", "日本" * 400, "word " * 900])
def test_any_text_can_be_read(reader: Reader, text: str) -> None:
    reads = reader.read(text or "?", [Window(text, (text, "The ferry sank."))])
    assert all(0 <= r.start <= r.end for window in reads for r in window)
    assert reader.read("Who?", []) == []


def test_a_window_is_packed_as_the_model_was_taught() -> None:
    tokenizer = open_tokenizer(None)
    texts = tokenise(tokenizer, ["Who sank?", "A title", "The Alma sank.", "It rained."])
    window = pack(texts[0], texts[1], texts[2:])
    assert tokenizer.decode(list(window.ids), skip_special_tokens=False) == (
        "[CLS] who sank? [SEP] a title [SEP] the alma sank. it rained. [SEP]"
    )
    lengths = {len(part) for part in (window.ids, window.types, window.owners, window.offsets)}
    assert len(lengths) == 1
    assert window.types[: len(texts[0].ids) + 2] == (0,) * (len(texts[0].ids) + 2)
    assert {t for t, owner in zip(window.types, window.owners, strict=True) if owner >= 0} == {1}
    first, last = (
        [o for o, owner in zip(window.offsets, window.owners, strict=True) if owner == n]
        for n in (0, 1)
    )
    assert "The Alma sank."[first[1][0] : first[1][1]] == "Alma"
    assert "It rained."[last[-1][0] : last[-1][1]] == "."


def test_no_window_is_longer_than_the_model_can_read() -> None:
    (long,) = tokenise(open_tokenizer(None), ["word " * 900])
    assert len(pack(long, long, [long, long]).ids) <= MAX_TOKENS


@pytest.mark.parametrize("change", ["missing", "altered"])
def test_a_missing_or_altered_model_is_told(
    change: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    (models / "tokenizer.json").write_bytes(
        (ROOT / "rag" / "models" / "tokenizer.json").read_bytes()
    )
    if change == "altered":
        (models / "reader.onnx").write_bytes(b"no model")
    monkeypatch.setattr("rag.model_files.__file__", str(tmp_path / "model_files.py"))
    open_model.cache_clear()  # another test may have opened the real one
    with pytest.raises(ModelError, match=r"reader\.onnx"):
        Reader()


def test_the_reader_is_small_enough_to_be_shipped() -> None:
    assert (ROOT / "rag" / "models" / "reader.onnx").stat().st_size <= 35_000_000
