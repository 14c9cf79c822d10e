"""Articles exported from a news database, with labels such as `LENGTH: 512 words`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.dates import parse_date
from ingest.lines import Line
from ingest.masthead import Masthead
from rag.types import SkippedSpan

__all__ = ["export_of"]

_LABEL = re.compile(
    r"(?P<label>byline|section|length|dateline|load-date|language|publication-type|headline"
    r"|graphic|highlight|subject|document-type|correction-date|journal-code|country|state|city"
    r"|company|person|organization|geographic|industry|ticker|series|type|acc-no|copyright|body)"
    r"\s*:\s*(?P<value>.{0,2000})",
    re.IGNORECASE | re.DOTALL,
)
_TELLING = frozenset({"length", "load-date", "publication-type", "document-type", "acc-no"})


def export_of(lines: Sequence[Line]) -> Masthead:
    """What the labels state; empty where the text is no such export.

    The load date is the database's, not the article's, so it is passed over.
    """
    found = [(i, match) for i, line in enumerate(lines) if (match := _LABEL.fullmatch(line.plain))]
    values = {match["label"].lower(): match["value"].strip() for _, match in reversed(found)}
    if len(values) < 3 or not _TELLING & values.keys():
        return Masthead()
    first = found[0][0]
    # Above the labels: publication, date, edition, and the headline if it has no label.
    above = [line for line in lines[:first] if not parse_date(line.plain)]
    title = values.get("headline") or (above[-1].plain if above else None)
    dates = [d for line in lines[:first] if (d := parse_date(line.plain))]
    skipped = [SkippedSpan(lines[i].start, lines[i].end, "metadata") for i, _ in found]
    if first <= 8:
        skipped += [
            SkippedSpan(line.start, line.end, "metadata")
            for line in lines[:first]
            if line.plain != title
        ]
    byline = re.split(r",\s", values.get("byline", ""))[0]
    byline = re.sub(r"(?i)^by\s+", "", byline)
    return Masthead(
        title=title,
        published=dates[0] if len(set(dates)) == 1 else None,
        byline=byline or None,
        skipped=tuple(skipped),
    )
