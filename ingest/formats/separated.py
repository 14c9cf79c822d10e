"""CSV and TSV: a header that names the columns, then a row for each article."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import BinaryIO, Literal, NamedTuple

from ingest.formats.byte_lines import FileLine, file_lines
from ingest.formats.columns import NAMES, no_text_among, plain_name, states_text
from ingest.formats.part import BadPart, Part, ReadOptions
from ingest.formats.rows import Row, row_parts
from rag.errors import RejectedFile

__all__ = ["articles"]

_SAMPLE_LINES, _SAMPLE_SIZE = 200, 1_000_000
_KNOWN = frozenset(name for names in NAMES.values() for name in names)


def articles(file: BinaryIO, options: ReadOptions) -> Iterator[Part | BadPart]:
    """The articles of a file of values separated by commas, semicolons, tabs or bars.

    Raises:
        RejectedFile: its first line can't be read or names no column of text.
    """
    most = options.max_mb * 1_000_000
    # The limit of 131,072 is the whole process's; it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), most))
    lines = file_lines(file, options)
    sample, cut = _sample(lines)
    form = _best_form(sample, cut, options)
    rows = _records(chain(sample, lines), form, most)
    header = next(rows, None)
    if header is None or header.fault is not None:
        raise RejectedFile(header.fault or "" if header else "no articles in it")
    names = _column_names(header.values, options)
    yield from row_parts(_rows(rows, names), options)


class _Form(NamedTuple):
    delimiter: str
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL


class _Record(NamedTuple):
    line: int
    values: Sequence[str]
    fault: str | None = None


# Commas first: on a tie, the earlier one counts. Fields of a TSV file are often not quoted
# at all, so that a quote at a field's start is the text's own.
_FORMS = (
    *(_Form(delimiter) for delimiter in ",;\t|"),
    _Form("\t", csv.QUOTE_NONE),
)


class _TooLong(Exception):
    """A record is longer than an article may be."""


class _Source:
    """Lines for `csv.reader`, which counts what the record that is being read takes."""

    def __init__(self, lines: Iterable[FileLine], most: int) -> None:
        self._lines = iter(lines)
        self._most = most
        self._size = self._quotes = 0
        self.number = self.first = 0
        self.fault: str | None = None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number = line.number
        self.first = self.first or line.number
        self._size += len(line.text)
        self._quotes += line.text.count('"') + line.quotes
        self.fault = self.fault or line.fault
        if line.fault and not line.text:
            raise _TooLong(line.fault)
        if self._size > self._most:
            raise _TooLong(
                f"a row longer than {self._most // 1_000_000} MB: close the quote in it, split it,"
                " or raise max_file_mb"
            )
        return line.text

    def begin(self) -> None:
        """Begin a record."""
        self._size = self._quotes = self.first = 0
        self.fault = None

    def leave(self) -> None:
        """Read past the rest of a record without holding it: to where its quotes are closed."""
        while self._quotes % 2 and (line := next(self._lines, None)):
            self.number = line.number
            self._quotes += line.text.count('"') + line.quotes


def _records(lines: Iterable[FileLine], form: _Form, most: int) -> Iterator[_Record]:
    source = _Source(lines, most)
    reader = csv.reader(source, delimiter=form.delimiter, quoting=form.quoting, strict=True)
    while True:
        source.begin()
        try:
            values = next(reader)
        except StopIteration:
            return
        except _TooLong as exc:
            if form.quoting != csv.QUOTE_NONE:
                source.leave()
            past = f" (read past to line {source.number})" if source.number > source.first else ""
            yield _Record(source.first, (), f"{exc}{past}")
        except csv.Error as exc:
            yield _Record(source.first, (), _csv_fault(exc, source))
        else:
            if any(value.strip() for value in values):
                yield _Record(source.first, values, source.fault)


def _csv_fault(exc: csv.Error, source: _Source) -> str:
    said = str(exc)
    if "unexpected end" in said:
        return "a quote is opened that is never closed, so nothing after it was read: close it"
    if "expected after" in said:
        where = "" if source.number == source.first else f" (on line {source.number})"
        return f"a quote inside a quoted field{where}: write it twice"
    if "new-line character" in said:
        return "lines that end in a carriage return alone: save it anew as CSV UTF-8"
    return f"not valid CSV ({said})"


def _sample(lines: Iterator[FileLine]) -> tuple[list[FileLine], bool]:
    """The first lines, and whether there are more."""
    sample: list[FileLine] = []
    size = 0
    for line in lines:
        if sample or line.fault or line.text.strip():
            sample.append(line)
            size += len(line.text)
        if size > _SAMPLE_SIZE or len(sample) == _SAMPLE_LINES:
            return sample, True
    return sample, False


def _best_form(sample: list[FileLine], cut: bool, options: ReadOptions) -> _Form:
    """How the values are separated; a first line `sep=;`, as Excel has it, is taken out."""
    first = sample[0].text.strip() if sample else ""
    if len(first) == len("sep=;") and first.startswith("sep="):
        del sample[0]
        if first[-1] in ",;\t|":
            return _Form(first[-1])
    return max(_FORMS, key=lambda form: _fit(sample, cut, form, options))


def _fit(
    sample: Sequence[FileLine], cut: bool, form: _Form, options: ReadOptions
) -> tuple[bool, float, int]:
    """How well it fits: a column of text, rows as long as the header, many columns."""
    records = list(_records(sample, form, sum(len(line.text) for line in sample) + 1))
    if cut and len(records) > 2:
        del records[-1]  # it may go on
    if not records or records[0].fault:
        return False, 0.0, 0
    header = [name.strip() for name in records[0].values]
    fitting = sum(not r.fault and len(r.values) == len(header) for r in records)
    return states_text(header, options), fitting / len(records), len(header)


def _column_names(values: Sequence[str], options: ReadOptions) -> list[str]:
    names = [value.strip() for value in values]
    if not states_text(names, options):
        raise RejectedFile(no_text_among(names, options))
    wanted = set(options.fields.values())
    for missing in sorted(wanted - set(names)):
        listed = ", ".join(repr(name[:40]) for name in names[:20])
        raise RejectedFile(f"no column {missing!r} among {listed}: correct --field")
    for name, times in Counter(names).items():
        if times > 1 and (name in wanted or plain_name(name) in _KNOWN):
            raise RejectedFile(f"{times} columns are called {name[:40]!r}: rename all but one")
    return names


def _rows(records: Iterable[_Record], names: Sequence[str]) -> Iterator[Row]:
    for record in records:
        fault = record.fault
        if fault is None and len(record.values) != len(names):
            fault = (
                f"{len(record.values)} fields where the header has {len(names)}: quote fields"
                " that have a separator in them"
            )
        values = {} if fault else dict(zip(names, record.values, strict=True))
        yield Row(f"line {record.line}", values, fault)
