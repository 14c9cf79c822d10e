"""The history: conversations that outlive a restart, with what their readers thought of them.

It is a file of its own, `history.db`, and not tables of `library.db`: it is written at each
answer, also while an ingest holds the library, and making the library anew must not lose it.
Quotations are kept as they were shown, whatever becomes of their articles.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from rag.answer_json import json_of
from rag.closing import Closing
from rag.errors import LibraryError, NotFound, SettingsError
from rag.history_db import HistoryDatabase
from rag.kept import (
    Kept,
    KeptTurn,
    conversation_of,
    folded,
    short_title,
    time_text,
    turn_of,
    words_of,
)
from rag.types import Answer

__all__ = ["Broken", "History", "Kept", "KeptTurn"]

Broken = Callable[[LibraryError], None]
"""Is told of each row that can't be read."""
_T = TypeVar("_T")
_COMMENT = 2_000
"""Characters that a comment may have."""
_DELETED_FOR = timedelta(days=30)
"""How long a deleted conversation can be restored."""
_TURNS = (
    "SELECT t.id, t.conversation, t.n, t.answer, t.asked_at, t.thumb, t.comment"
    " FROM turns t JOIN conversations c ON c.id = t.conversation WHERE c.deleted IS NULL"
)
# Of texts folded before: SQLite itself folds the case of ASCII only.
_HOLDS_EVERY_WORD = (
    " AND NOT EXISTS (SELECT 1 FROM json_each(?) w WHERE NOT instr(c.folded, w.value) AND NOT"
    " EXISTS (SELECT 1 FROM turns t WHERE t.conversation = c.id AND instr(t.folded, w.value)))"
)


class History(Closing):
    """An open history. Any number of threads and processes may use one file at once.

    Each method takes the user whose conversations are meant, "" where there is no log-in.
    Those of another are as if they were not there.

    Raises:
        LibraryError: from any method, when the file is damaged, full, or not ours.
        SettingsError: from any method, when a text is not valid Unicode.
    """

    def __init__(self, home: Path) -> None:
        self._db = HistoryDatabase(home / "history.db")
        try:
            self._purge()
        except BaseException:
            self._db.close()
            raise

    @staticmethod
    def exists(home: Path) -> bool:
        """Whether a history was ever begun there. Looking begins none."""
        return (home / "history.db").exists()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # --- reading -------------------------------------------------------------------------

    def count(self, user: str) -> int:
        """How many conversations there are."""
        sql = "SELECT count(*) FROM conversations WHERE user = ? AND deleted IS NULL"
        ((count,),) = self._db.rows(sql, (user,))
        return int(count)

    def conversations(
        self, user: str, search: str = "", broken: Broken | None = None
    ) -> list[Kept]:
        """The conversations, the one changed last first.

        Args:
            user: whose.
            search: words, in any case, that must all stand in a conversation: in its title,
                its questions, its answers or their quotations.
            broken: is told of each that can't be read, and the others are given; without it,
                the first of them is raised.
        """
        words = folded(search).split()
        rows = self._db.rows(
            "SELECT c.id, c.title, (SELECT count(*) FROM turns WHERE conversation = c.id),"
            " c.started, c.changed FROM conversations c WHERE c.user = ? AND c.deleted IS NULL"
            f"{_HOLDS_EVERY_WORD} ORDER BY c.changed DESC, c.rowid DESC",
            (user, json.dumps(words)),
        )
        return _read(conversation_of, rows, broken)

    def title(self, user: str, conversation: str) -> str:
        """What a conversation is called.

        Raises:
            NotFound: there is no such conversation.
        """
        self._own(user, conversation)
        ((title,),) = self._db.rows("SELECT title FROM conversations WHERE id = ?", (conversation,))
        return str(title)

    def turns(self, user: str, conversation: str, broken: Broken | None = None) -> list[KeptTurn]:
        """The turns of a conversation, in order.

        Args:
            user: whose.
            conversation: its id.
            broken: as for `conversations`.

        Raises:
            NotFound: there is no such conversation.
        """
        self._own(user, conversation)
        rows = self._db.rows(f"{_TURNS} AND c.id = ? ORDER BY t.n", (conversation,))
        return _read(turn_of, rows, broken)

    def turn(self, user: str, turn_id: str) -> KeptTurn:
        """One turn.

        Raises:
            NotFound: there is no such turn.
        """
        rows = self._db.rows(f"{_TURNS} AND c.user = ? AND t.id = ?", (user, turn_id))
        if not rows:
            raise NotFound(_no_turn(turn_id))
        return turn_of(rows[0])

    def rated(self, broken: Broken | None = None) -> list[KeptTurn]:
        """Every user's turns that have a thumb or a comment, in the order they were rated.

        Args:
            broken: as for `conversations`.
        """
        rows = self._db.rows(f"{_TURNS} AND t.rated_at IS NOT NULL ORDER BY t.rated_at, t.rowid")
        return _read(turn_of, rows, broken)

    # --- writing -------------------------------------------------------------------------

    def start(self, user: str, title: str) -> str:
        """Begin a conversation and return its id.

        Args:
            user: whose.
            title: cut to 80 characters at a word.
        """
        new, now, title = secrets.token_hex(16), _now(), short_title(title)
        with self._db.transaction():
            self._db.write(
                "INSERT INTO conversations VALUES (?, ?, ?, ?, ?, ?, NULL)",
                (new, user, title, folded(title), now, now),
            )
        return new

    def add(
        self, user: str, conversation: str, answer: Answer, first: int | None = None
    ) -> KeptTurn:
        """Add an answered question to a conversation.

        Args:
            user: whose.
            conversation: its id.
            answer: to be kept, without its hits.
            first: position, from 0, of the first turn that gives way to it with all that
                follow: the question was edited or asked anew. None for none.

        Raises:
            NotFound: there is no such conversation.
        """
        new, now = secrets.token_hex(16), _now()
        content, searched = json_of(answer), folded(words_of(answer))
        with self._db.transaction():
            self._own(user, conversation)
            if first is not None:
                self._db.write(
                    "DELETE FROM turns WHERE conversation = ? AND n >= ?", (conversation, first)
                )
            self._db.write(
                "INSERT INTO turns (id, conversation, n, answer, folded, asked_at) VALUES"
                " (?, ?, (SELECT count(*) FROM turns WHERE conversation = ?), ?, ?, ?)",
                (new, conversation, conversation, content, searched, now),
            )
            self._changed(conversation, now)
            return self.turn(user, new)

    def rename(self, user: str, conversation: str, title: str) -> None:
        """Give a conversation another title, cut as that of a new one.

        Raises:
            NotFound: there is no such conversation.
        """
        title = short_title(title)
        with self._db.transaction():
            self._own(user, conversation)
            self._db.write(
                "UPDATE conversations SET title = ?, folded = ? WHERE id = ?",
                (title, folded(title), conversation),
            )

    def delete(self, user: str, conversation: str) -> None:
        """Delete a conversation. For 30 days `restore` brings it back; then it is gone.

        Raises:
            NotFound: there is no such conversation.
        """
        with self._db.transaction():
            self._own(user, conversation)
            sql = "UPDATE conversations SET deleted = ? WHERE id = ?"
            self._db.write(sql, (_now(), conversation))

    def restore(self, user: str, conversation: str) -> None:
        """Bring a deleted conversation back; one that is there stays as it is.

        Raises:
            NotFound: there is none, or it was deleted too long ago.
        """
        with self._db.transaction():
            sql = "UPDATE conversations SET deleted = NULL WHERE user = ? AND id = ?"
            if not self._db.write(sql, (user, conversation)):
                raise NotFound(_no_conversation(conversation))

    def rate(self, user: str, turn_id: str, thumb: int, comment: str = "") -> None:
        """Keep what the reader thinks of an answer, in place of what was kept before.

        Args:
            user: whose.
            turn_id: the answer's turn.
            thumb: 1 up, -1 down, 0 none.
            comment: up to 2,000 characters. With thumb 0 and no comment, the rating is undone.

        Raises:
            NotFound: there is no such turn.
            SettingsError: the thumb is another number, or the comment is too long.
        """
        comment = comment.strip()
        if thumb not in (-1, 0, 1):
            raise SettingsError(f"The thumb {thumb!r} is none of 1 (up), -1 (down) and 0 (none).")
        if len(comment) > _COMMENT:
            raise SettingsError(
                f"The comment has {len(comment):,} characters; shorten it to {_COMMENT:,}."
            )
        with self._db.transaction():
            changed = self._db.write(
                "UPDATE turns SET thumb = ?, comment = ?, rated_at = ? WHERE id = ? AND"
                " conversation IN (SELECT id FROM conversations WHERE user = ? AND deleted IS"
                " NULL)",
                (thumb, comment, _now() if thumb or comment else None, turn_id, user),
            )
            if not changed:
                raise NotFound(_no_turn(turn_id))

    # --- inside --------------------------------------------------------------------------

    def _purge(self) -> None:
        before = (time_text(datetime.now(UTC) - _DELETED_FOR),)
        # Looked for first: an opening that has nothing to purge waits for nobody.
        if self._db.rows("SELECT 1 FROM conversations WHERE deleted < ? LIMIT 1", before):
            with self._db.transaction():
                self._db.write("DELETE FROM conversations WHERE deleted < ?", before)

    def _own(self, user: str, conversation: str) -> None:
        sql = "SELECT 1 FROM conversations WHERE user = ? AND id = ? AND deleted IS NULL"
        if not self._db.rows(sql, (user, conversation)):
            raise NotFound(_no_conversation(conversation))

    def _changed(self, conversation: str, now: str) -> None:
        self._db.write("UPDATE conversations SET changed = ? WHERE id = ?", (now, conversation))


def _read(
    make: Callable[[tuple[Any, ...]], _T], rows: Iterable[tuple[Any, ...]], broken: Broken | None
) -> list[_T]:
    found: list[_T] = []
    for row in rows:
        try:
            found.append(make(row))
        except LibraryError as exc:
            if broken is None:
                raise
            broken(exc)
    return found


def _now() -> str:
    return time_text(datetime.now(UTC))


def _no_conversation(conversation: str) -> str:
    return f"There is no conversation {conversation!r}; it may have been deleted. Open another."


def _no_turn(turn_id: str) -> str:
    return f"There is no answer {turn_id!r}; it may have been deleted. Open its conversation anew."
