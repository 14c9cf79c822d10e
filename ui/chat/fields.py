"""What people typed into the page's fields, checked."""

from __future__ import annotations

from datetime import date

from rag.errors import SettingsError
from ui.chat.desk import Options

__all__ = ["day_of", "options_of"]

_LONGEST = 2000
"""Characters of a field; nobody types more, and programs are to be told."""


def day_of(text: str | None, what: str) -> date | None:
    """A day, or None where nothing was typed.

    Raises:
        SettingsError: it is no day; the message names the field.
    """
    text = (text or "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError(
            f"“{what}” is {text[:40]!r}, which is no day; write it as 2023-02-01."
        ) from None


def options_of(
    *,
    as_of: str | None,
    since: str | None,
    until: str | None,
    outlets: list[str] | None,
    writer: str | None,
    model: str | None,
    quotes: float | None,
) -> Options:
    """The options of a question.

    Raises:
        SettingsError: one of them can't be.
    """
    if quotes is not None and not 1 <= quotes <= 10:
        raise SettingsError(f"There can be 1 to 10 quotations, not {quotes:g}.")
    model = (model or "").strip()
    if len(model) > _LONGEST or not model.isprintable():
        raise SettingsError("The model's name is none; type it as the server names it.")
    return Options(
        as_of=day_of(as_of, "Answer as of"),
        since=day_of(since, "Published since"),
        until=day_of(until, "Published until"),
        outlets=tuple(outlets or ()),
        writer=writer if writer in ("quotes", "model") else "",
        model=model,
        quotes=None if quotes is None else int(quotes),
    )
