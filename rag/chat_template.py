"""Tokens of chat templates in texts that are only to be read."""

from __future__ import annotations

import re

__all__ = ["defused"]


def defused(text: str) -> str:
    """The text with a space inside each token of a chat template, such as `<|im_end|>`.

    Some servers read these in messages as the real thing, which lets a text end its turn.
    Only spaces are added, so no new token can come together.
    """
    return _TEMPLATE_TOKEN.sub(" ", text)


_NAMES = (
    r"/?(?:s|inst|sys|bos|eos|pad|unk|start_of_turn|end_of_turn|system(?:_prompt)?|user|human"
    r"|assistant|model|think|tool_calls?|tool_results?|tool_response|available_tools"
    r"|begin_of_text|end_of_text|sep|mask|cls)"
)
_TEMPLATE_TOKEN = re.compile(
    r"(?<=<)(?=[|｜])|(?<=[|｜])(?=>)" rf"|(?<=<)(?={_NAMES}>)|(?<=\[)(?={_NAMES}\])",
    re.IGNORECASE,
)
