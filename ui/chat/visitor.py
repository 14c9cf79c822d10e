"""Who has the page open: their name, what they may do, and the language they read."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import gradio as gr

from rag.errors import SettingsError
from ui.chat.words import Words, words_for

__all__ = ["Visitor", "Visitors"]


class Visitor(NamedTuple):
    """A person, as their request tells."""

    name: str
    """Empty where nobody signs in."""
    editor: bool
    words: Words

    def check_editor(self) -> None:
        """Stop one who may only read.

        Raises:
            SettingsError: with the sentence for people.
        """
        if not self.editor:
            raise SettingsError(self.words.readers_only)


class Visitors:
    """Tells visitors by their requests."""

    def __init__(self, may_edit: Callable[[str], bool] | None = None) -> None:
        """Tell visitors apart.

        Args:
            may_edit: whether a user is an editor; None where nobody signs in, and all may.
        """
        self._may_edit = may_edit

    def of(self, request: gr.Request) -> Visitor:
        """The one who sent a request."""
        words = words_for(request.headers.get("accept-language"))
        if self._may_edit is None:
            return Visitor("", True, words)
        name = request.username or ""
        return Visitor(name, bool(name) and self._may_edit(name), words)
