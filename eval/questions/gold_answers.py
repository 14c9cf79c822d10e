"""Reading `accept` and `accept_all`: the accepted answers of a question."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, TypeGuard

from eval.questions.answers import Accepted, Expression, Quantity, Text, When
from eval.questions.mistakes import Notes
from eval.questions.yaml_lines import Place
from rag.days import parse_day

__all__ = ["AnswerReader"]


class AnswerReader:
    """Reads accepted answers and notes what is wrong with them."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    def read(
        self, row: Mapping[str, Any], place: Place, where: str
    ) -> tuple[tuple[Accepted, ...], ...]:
        """The groups of a question; a right answer holds one item of each."""
        if "accept" in row:
            return (self._group(row["accept"], (*place, "accept"), f"{where}, accept"),)
        groups = row.get("accept_all")
        if groups is None:
            return ()
        here: Place = (*place, "accept_all")
        if not isinstance(groups, list) or not groups:
            self._notes.wrong(here, f"{where}, accept_all: it is a list of lists")
            return ()
        named = f"{where}, accept_all"
        return tuple(
            self._group(group if isinstance(group, list) else [group], (*here, n), named)
            for n, group in enumerate(groups)
        )

    def _group(self, rows: Any, place: Place, where: str) -> tuple[Accepted, ...]:
        if not isinstance(rows, list) or not rows:
            self._notes.wrong(place, f"{where}: it is a list of accepted answers, such as [67]")
            return ()
        items = [self._item(row, (*place, n), where) for n, row in enumerate(rows)]
        return tuple(item for item in items if item)

    def _item(self, row: Any, place: Place, where: str) -> Accepted | None:  # noqa: PLR0911
        match row:
            case bool() | None:
                self._notes.wrong(place, f"{where}: {row!r} is no answer; put it in quotes")
                return None
            case int() | float():
                return Quantity(float(row))
            case date():
                return When(row.year, row.month, row.day)
            case str() if any(c.isalnum() for c in row):
                return Text((row,))
            case {"number": int() | float() as number, **rest} if not isinstance(number, bool):
                self._notes.only(rest, ["number", "unit"], place, where)
                unit = rest.get("unit", [])
                units = [unit] if isinstance(unit, str) else unit
                if not _texts(units):
                    self._notes.wrong((*place, "unit"), f"{where}, unit: {unit!r} is no word")
                    return None
                return Quantity(float(number), tuple(units))
            case {"date": day, **rest}:
                self._notes.only(rest, ["date"], place, where)
                return self._when(day, (*place, "date"), where)
            case {"text": str() as text, **rest} if any(c.isalnum() for c in text):
                self._notes.only(rest, ["text", "aliases"], place, where)
                aliases = rest.get("aliases", [])
                if not _texts(aliases):
                    message = f"{where}, aliases: it is a list of wordings"
                    self._notes.wrong((*place, "aliases"), message)
                    return None
                return Text((text, *aliases))
            case {"regex": str() as pattern, **rest} if pattern:
                self._notes.only(rest, ["regex"], place, where)
                compiled = self._notes.pattern(pattern, (*place, "regex"), where)
                return Expression(compiled) if compiled else None
        self._notes.wrong(
            place,
            f"{where}: {row!r} is none of a text, a number, a date,"
            " {text, aliases}, {number, unit}, {date} and {regex}",
        )
        return None

    def _when(self, value: Any, place: Place, where: str) -> When | None:
        if isinstance(value, date):
            return When(value.year, value.month, value.day)
        found = parse_day(str(value)) if isinstance(value, str | int) else None
        if not found:
            message = f"{where}, date: {value!r} is no date; write 2023-02-01, 2023-02 or 2023"
            self._notes.wrong(place, message)
            return None
        return When(found.year, found.month, found.day)


def _texts(values: Any) -> TypeGuard[list[str]]:
    return isinstance(values, list) and all(isinstance(v, str) and v.strip() for v in values)
