"""Answers as one HTML file to keep, to send on or to print: it asks for nothing from outside.

Jinja escapes all that articles and models say, and a content security policy stands behind it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template

from rag.errors import SettingsError
from rag.types import NOT_CARRIED, Answer
from ui.export_transcript import transcript_of

__all__ = ["as_page"]

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")


def as_page(answers: Sequence[Answer], title: str, *, language: str = "en") -> str:
    """The answers as an HTML file, their sources once at its end.

    What overrides a direction is taken out of the texts; right-to-left text stands in elements
    of its own direction.

    Args:
        answers: in the order they were given.
        title: heads the page.
        language: of the questions and the articles, as in `en` or `pt-BR`.

    Raises:
        SettingsError: that is no language tag.
    """
    if not _LANGUAGE.fullmatch(language):
        raise SettingsError(f"{language!r} is not a language; give its tag, as in 'en' or 'pt-BR'.")
    return _template().render(
        language=language,
        not_carried=NOT_CARRIED,
        transcript=transcript_of(answers, title),
    )


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    source = files("ui").joinpath("export_page.html.j2").read_text(encoding="utf-8")
    return environment.from_string(source)
