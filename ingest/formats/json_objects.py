"""JSON as people write it to files: objects read strictly, or the reason why not."""

from __future__ import annotations

import json
from collections import Counter

__all__ = ["NotJson", "read_json"]

# 20 MB of `[],` and nothing else takes 600 MB in memory.
_MOST_OBJECTS = 500_000


class NotJson(ValueError):
    """It can't be read; the message is one clause."""


def read_json(text: str) -> object:
    """Read one value.

    NaN and Infinity, which are no JSON but which pandas writes for what is missing, are
    read as null.

    Raises:
        NotJson: it is not valid, states a name twice, or nests without end.
    """
    if text.count("[") + text.count("{") > _MOST_OBJECTS:
        raise NotJson(f"JSON of more than {_MOST_OBJECTS:,} lists and objects")
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as exc:
        raise NotJson(f"not valid JSON ({exc.msg} at character {exc.pos + 1:,})") from exc
    except RecursionError:
        raise NotJson("JSON nested too deeply to be read") from None
    except NotJson:
        raise
    except ValueError as exc:
        raise NotJson("JSON with a number of thousands of digits") from exc


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise NotJson(f"the name {twice[:40]!r} twice in one object: keep one of them")
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=lambda _: None)
