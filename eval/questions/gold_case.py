"""Reading one question of a gold file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, get_args

from eval.questions.cases import Case, Kind, Support
from eval.questions.gold_answers import AnswerReader
from eval.questions.mistakes import Notes
from eval.questions.yaml_lines import Place

__all__ = ["FIELDS", "CaseReader"]

FIELDS = (
    "id question kind accept accept_all answer support wording scope need as_of abstain miss notes"
).split()
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "kind": get_args(Kind),
    "answer": ("yes", "no"),
    "wording": ("paraphrase", "paraphrase-names"),
    "scope": ("across", "differ"),
    "need": ("all",),
    "miss": ("near", "far"),
}


class CaseReader:
    """Reads questions and notes what is wrong with them."""

    def __init__(self, articles: Mapping[str, str], notes: Notes) -> None:
        self._articles = articles
        self._notes = notes
        self._answers = AnswerReader(notes)

    def read(self, row: Any, n: int) -> Case | None:
        """The n-th question, counted from 0; None where something is wrong with it."""
        place: Place = ("questions", n)
        if not isinstance(row, dict):
            self._notes.wrong(place, f"question {n + 1} is not a mapping of fields")
            return None
        name = row.get("id")
        where = f"question {name!r}" if isinstance(name, str) else f"question {n + 1}"
        before = len(self._notes.mistakes)
        self._notes.only(row, FIELDS, place, where)
        for field in ("id", "question", "kind"):
            value = row.get(field)
            if value is not None and not isinstance(value, str):
                message = f"{where}: `{field}` is {value!r}, which is no text; put it in quotes"
                self._notes.wrong((*place, field), message)
            elif not value or not value.strip():
                self._notes.wrong((*place, field), f"{where} lacks `{field}`")
        for field, choices in _CHOICES.items():
            value = row.get(field)
            if isinstance(value, bool) and field == "answer":
                # YAML reads a bare yes as true.
                self._notes.wrong(
                    (*place, field), f'{where}, {field}: write "yes" or "no" in quotes'
                )
            elif value is not None and value not in choices:
                listed = ", ".join(choices)
                self._notes.wrong(
                    (*place, field), f"{where}: {field} {value!r} is none of {listed}"
                )
        abstain = row.get("abstain", False)
        if not isinstance(abstain, bool):
            self._notes.wrong(
                (*place, "abstain"), f"{where}, abstain: {abstain!r} is not true or false"
            )
        accept = self._answers.read(row, place, where)
        support = self._supports(row.get("support"), (*place, "support"), where)
        self._fits_together(row, place, where)
        as_of = self._day(row.get("as_of"), (*place, "as_of"), where)
        if len(self._notes.mistakes) > before:
            return None
        # Where question and sentence share only names, it is a paraphrase all the same.
        wording = str(row.get("wording") or "").removesuffix("-names")
        tags = {row.get("scope"), row.get("miss"), wording} - {None, ""}
        return Case(
            id=row["id"],
            question=" ".join(row["question"].split()),
            kind=row["kind"],
            accept=accept,
            yes_no=row.get("answer"),
            support=support,
            need_all=row.get("need") == "all",
            abstain=abstain,
            as_of=as_of,
            tags=frozenset(str(tag) for tag in tags),
            notes=str(row.get("notes") or ""),
            place=self._notes.place(place),
        )

    def _fits_together(self, row: Mapping[str, Any], place: Place, where: str) -> None:
        gold = [f for f in ("accept", "accept_all", "answer", "support", "need") if row.get(f)]
        if row.get("abstain") is True:
            for field in gold:
                message = f"{where}, {field}: a question to abstain from has none"
                self._notes.wrong((*place, field), message)
            return
        if row.get("miss"):
            self._notes.wrong((*place, "miss"), f"{where}, miss: it goes with `abstain: true`")
        if not row.get("support"):
            self._notes.wrong(place, f"{where} needs either `support` or `abstain: true`")
        if row.get("accept") and row.get("accept_all"):
            message = f"{where}: it has both `accept` and `accept_all`; keep one"
            self._notes.wrong((*place, "accept_all"), message)
        if not any(field in row for field in ("accept", "accept_all", "answer")):
            self._notes.wrong(place, f'{where} needs `accept`, `accept_all`, or `answer: "yes"`')
        if row.get("answer") is not None and row.get("kind") != "yes-no":
            self._notes.wrong((*place, "answer"), f"{where}, answer: it goes with `kind: yes-no`")

    def _day(self, value: Any, place: Place, where: str) -> date | None:
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        message = f"{where}, as_of: {value!r} is no day; write it as 2023-02-20, without quotes"
        self._notes.wrong(place, message)
        return None

    def _supports(self, rows: Any, place: Place, where: str) -> tuple[Support, ...]:
        if rows is None:
            return ()
        if not isinstance(rows, list):
            self._notes.wrong(place, f"{where}, support: it is a list")
            return ()
        found = [self._support(row, (*place, n), where) for n, row in enumerate(rows)]
        return tuple(s for s in found if s)

    def _support(self, row: Any, place: Place, where: str) -> Support | None:  # noqa: PLR0911
        where = f"{where}, support"
        if not isinstance(row, dict) or "article" not in row:
            self._notes.wrong(place, f"{where}: each row needs `article`")
            return None
        self._notes.only(row, ["article", "sentence", "quote"], place, where)
        article = str(row["article"])
        if article not in self._articles and not set(article) & set(".*?["):
            message = f"{where}: article {article!r} is not listed under `articles`"
            self._notes.wrong((*place, "article"), message)
            return None
        files = self._articles.get(article, article)
        if "sentence" in row and "quote" in row:
            self._notes.wrong(place, f"{where}: it has both `sentence` and `quote`; keep one")
            return None
        if "quote" in row:
            quote = row["quote"]
            if not isinstance(quote, str) or not any(c.isalnum() for c in quote):
                self._notes.wrong((*place, "quote"), f"{where}, quote: {quote!r} is no text")
                return None
            return Support(article, files, quote=" ".join(quote.split()))
        if "sentence" not in row:
            return Support(article, files)
        patterns = row["sentence"]
        if not isinstance(patterns, list) or not all(patterns) or not patterns:
            message = f"{where}: `sentence` is a list of patterns"
            self._notes.wrong((*place, "sentence"), message)
            return None
        compiled = [self._notes.pattern(str(p), (*place, "sentence"), where) for p in patterns]
        kept = tuple(c for c in compiled if c)
        return Support(article, files, sentence=kept) if len(kept) == len(compiled) else None
