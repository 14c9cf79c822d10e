"""What people know better than the file: an article's outlet, date or title, put right."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Final

from rag.errors import SettingsError
from rag.types import Article

__all__ = ["KEEP", "Corrections", "Keep", "checked"]

_MOST_CHARACTERS = 200
_FIRST_YEAR = 1600
"""The first newspaper was printed in 1605."""
_JOINERS = "\u200c\u200d"
"""Part of how words are spelt in Persian and Hindi, though they are not to be seen."""


class Keep(Enum):
    """The type of `KEEP`."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP
"""What is not corrected: None says that it is not known."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """One article's corrections: what the file gives is kept where they say nothing."""

    outlet: str | Keep | None = KEEP
    published: date | Keep | None = KEEP
    title: str | Keep | None = KEEP

    def applied(self, article: Article) -> Article:
        """The article as corrected."""
        return replace(
            article,
            outlet=article.outlet if self.outlet is KEEP else self.outlet,
            published=article.published if self.published is KEEP else self.published,
            title=article.title if self.title is KEEP else self.title,
        )

    def then(self, later: Corrections) -> Corrections:
        """These with later ones over them."""
        return Corrections(
            self.outlet if later.outlet is KEEP else later.outlet,
            self.published if later.published is KEEP else later.published,
            self.title if later.title is KEEP else later.title,
        )


def checked(
    outlet: str | Keep | None, published: date | Keep | None, title: str | Keep | None
) -> Corrections:
    """What a person put as corrections.

    Raises:
        SettingsError: a name can't be printed or is too long, or no article can be of that day.
    """
    return Corrections(_name("outlet", outlet), _day(published), _name("title", title))


def _name(what: str, text: str | Keep | None) -> str | Keep | None:
    if not isinstance(text, str):
        return text
    text = " ".join(text.split())
    if unprintable := next((c for c in text if not c.isprintable() and c not in _JOINERS), None):
        raise SettingsError(
            f"The {what} has the character {unprintable!a}, which can't be printed; leave it out."
        )
    if len(text) > _MOST_CHARACTERS:
        raise SettingsError(
            f"The {what} has {len(text)} characters; {_MOST_CHARACTERS} are the most, so shorten"
            " it."
        )
    return text or None


def _day(day: date | Keep | None) -> date | Keep | None:
    if not isinstance(day, date):
        return day
    if isinstance(day, datetime):
        day = day.date()
    # It may be tomorrow already where the article was published.
    if day > date.today() + timedelta(days=1):
        raise SettingsError(
            f"The date {day} is in the future; give the day on which the article was published."
        )
    if day.year < _FIRST_YEAR:
        raise SettingsError(
            f"The date {day} is before {_FIRST_YEAR}, when there were no newspapers; check the"
            " year."
        )
    return day
