"""Candidates for gold, written from what readers thought of the answers they got.

Nothing becomes gold that nobody stands for. What is right by a thumb up is written as far as
it can be known; what is missing is left out, so that `--check` names it and the file can't be
asked before a person has written it.
"""

from __future__ import annotations

import hashlib
import json
import re
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

from eval.questions.candidate import Candidate, candidate_of
from rag.errors import LibraryError, SettingsError
from rag.history import History, KeptTurn

__all__ = ["Written", "feedback_gold", "write_feedback"]

_HEAD = """\
# Candidates for gold, from the answers that readers rated, in the order of the ratings.
# Every field is explained in docs/eval.md. Read each through before you keep it: that an
# answer was liked does not make it right. Find what is unfinished with
#     citewire eval --gold {name} --check
# and complete or delete it; until then the file can't be asked.
version: 1
collection: {collection}

# Short names of articles, and the names of their files (* stands for anything).
articles:{articles}

# Lowest values that pass, by score. Set them once you have seen the first run, a little under.
thresholds:
  quotes verbatim: 1.0
  claims carried: 1.0
  markers sound: 1.0

questions:
"""
_THUMBS: Mapping[int, str] = {1: "Thumb up", 0: "A comment without a thumb", -1: "Thumb down"}
# What YAML takes for the end of a line, does not allow, or an editor would show in another
# place than it stands.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_WIDTH = 96


_Key = tuple[str, date | None]
"""A question and the day it was asked as of: another day may have another answer."""


class Written(NamedTuple):
    """What was written."""

    questions: int
    unfinished: int
    """How many of them a person has to complete."""
    unread: tuple[LibraryError, ...]
    """Of each rated answer that could not be read, why."""


def write_feedback(home: Path, path: Path) -> Written:
    """Write candidates beside nothing else: a file that is there is never replaced.

    Args:
        home: where the history is.
        path: the gold file to write.

    Raises:
        LibraryError: the history, or every rated answer of it, can't be read.
        SettingsError: no answer is rated, or the file is there already or can't be written.
    """
    unread: list[LibraryError] = []
    turns: list[KeptTurn] = []
    if History.exists(home):
        with History(home) as history:
            turns = history.rated(unread.append)
    if not turns:
        if unread:
            raise unread[0]
        raise SettingsError(
            f"No answer in {home / 'history.db'} is rated; rate some on the chat page first."
        )
    content, questions, unfinished = feedback_gold(turns, path.name)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(content)
    except FileExistsError:
        raise SettingsError(
            f"{path} is there already; name another file after --from-feedback."
        ) from None
    except OSError as exc:
        raise SettingsError(f"{path} can't be written ({exc.strerror}).") from exc
    return Written(questions, unfinished, tuple(unread))


def feedback_gold(turns: Iterable[KeptTurn], name: str) -> tuple[str, int, int]:
    """The content of the file, how many questions it has, and how many are unfinished.

    Args:
        turns: rated ones, the last rated last; of a question asked again as of the same day,
            only the last counts.
        name: the file's name.
    """
    latest: dict[_Key, Candidate] = {}
    for candidate in map(candidate_of, turns):
        key = _same(candidate.question), candidate.as_of
        latest.pop(key, None)
        latest[key] = candidate
    files = dict.fromkeys(_pattern(c.source) for one in latest.values() for c in one.support)
    names = {pattern: f"a{n:02}" for n, pattern in enumerate(files, start=1)}
    listed = "".join(f"\n  {short}: {_quoted(p)}" for p, short in names.items()) or " {}"
    head = _HEAD.format(name=_plain(name), collection=_quoted(Path(name).stem), articles=listed)
    entries = [_entry(candidate, _id(key), names) for key, candidate in latest.items()]
    unfinished = sum(bool(candidate.missing) for candidate in latest.values())
    return head + "\n".join(entries), len(entries), unfinished


def _entry(candidate: Candidate, name: str, names: Mapping[str, str]) -> str:
    """A question, under what its reader thought of the answer."""
    turn, answer = candidate.turn, candidate.turn.answer
    lines = _remark(f"{_THUMBS[turn.thumb]}, {turn.asked_at.date()}.")
    if turn.comment:
        lines += _remark(f"The comment: {turn.comment}")
    if answer.standalone:
        lines += _remark(f"It was asked as: {answer.question}")
    if candidate.missing:
        lines += _remark(f"Unfinished: {candidate.missing}.")
        lines += _remark("The answer that was given:")
        lines += [line for said in answer.text.splitlines() for line in _remark(said, "#   ")]
    lines += [
        f"- id: {name}",
        f"  question: {_quoted(candidate.question)}",
        f"  kind: {candidate.kind}",
    ]
    if candidate.as_of:
        lines.append(f"  as_of: {candidate.as_of}")
    if candidate.accept:
        lines.append(f"  accept: [{', '.join(map(_quoted, candidate.accept))}]")
    if candidate.support:
        lines.append("  support:")
        for c in candidate.support:
            quote = _quoted(" ".join(c.quote.split()))
            lines.append(f"  - {{article: {names[_pattern(c.source)]}, quote: {quote}}}")
    elif not candidate.missing:
        lines.append("  abstain: true")
    return "\n".join(lines) + "\n"


def _same(question: str) -> str:
    """What two askings of one question have in common."""
    plain = unicodedata.normalize("NFKC", question).casefold()
    return " ".join(plain.split()).rstrip("?!.… 。")


def _id(key: _Key) -> str:
    """The same for the same question in each file, so that two can be compared."""
    return f"rated-{hashlib.sha256(repr(key).encode()).hexdigest()[:10]}"


def _pattern(source: str) -> str:
    """The file's name as a pattern that means only itself."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in Path(source).name)


def _quoted(text: str) -> str:
    # JSON's strings are YAML's too, once what YAML does not take as it stands is escaped.
    return _UNSAFE.sub(lambda m: f"\\u{ord(m[0]):04x}", json.dumps(text, ensure_ascii=False))


def _plain(text: str) -> str:
    return _UNSAFE.sub("\ufffd", " ".join(text.split()))


def _remark(text: str, sign: str = "# ") -> list[str]:
    """The text as lines of a comment, of which nothing can get out."""
    return textwrap.wrap(
        _plain(text),
        _WIDTH,
        initial_indent=sign,
        subsequent_indent=sign if sign != "# " else "#   ",
        break_long_words=False,
        break_on_hyphens=False,
    )
