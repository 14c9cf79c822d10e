"""How many tokens a text takes, counted with tiktoken, offline.

The encodings' files come with llama-index-core; nothing is downloaded. They are OpenAI's: other
models' tokenizers give other counts, so a share is kept in reserve for those.
"""

from __future__ import annotations

import hashlib
import math
import threading
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import ModelError

if TYPE_CHECKING:
    from tiktoken import Encoding

__all__ = ["count_tokens"]

_NEWER = ("gpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "chatgpt-", "o1", "o3", "o4", "gpt-oss")
_OLDER = ("gpt-4", "gpt-3.5")
_RESERVE = 1.2
"""Other tokenizers take up to a fifth more for English news (Llama 2, Gemma, Mistral)."""
_PIECE = 4_000
"""Characters encoded at once: time grows faster than length where a text has no spaces."""
_LOADING = threading.Lock()


def count_tokens(text: str, model: str) -> int:
    """Tokens of a text, rather too many than too few.

    Args:
        text: any.
        model: the name it is served under; the part after a `/` tells its family.

    Raises:
        ModelError: the encoding's file is missing.
    """
    family = model.rpartition("/")[2].lower()
    newer, older = family.startswith(_NEWER), family.startswith(_OLDER)
    count = _counted(text, "cl100k_base" if older and not newer else "o200k_base")
    return count if newer or older else math.ceil(count * _RESERVE)


# The same sentences are found for many questions, and the instructions are the same for all.
@lru_cache(maxsize=4096)
def _counted(text: str, encoding_name: str) -> int:
    encoding = _encoding(encoding_name)
    pieces = [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
    # Not as a batch: that starts threads anew for each call, and most texts are one sentence.
    return sum(len(encoding.encode_ordinary(piece)) for piece in pieces)


@cache
def _encoding(name: str) -> Encoding:
    # Imported late: most commands count nothing.
    import os  # noqa: PLC0415

    import tiktoken  # noqa: PLC0415

    address = f"https://openaipublic.blob.core.windows.net/encodings/{name}.tiktoken"
    # Found without being imported, which takes more than a second.
    spec = find_spec("llama_index")
    places = list(spec.submodule_search_locations or ()) if spec else []
    folder = Path(*places[:1], "core", "_static", "tiktoken_cache")
    if not (folder / hashlib.sha1(address.encode()).hexdigest()).is_file():
        raise ModelError(
            f"The token table {name} is missing from llama-index-core; reinstall citewire."
        )
    with _LOADING:
        before = os.environ.get("TIKTOKEN_CACHE_DIR")
        os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)
        try:
            return tiktoken.get_encoding(name)
        finally:
            if before is None:
                del os.environ["TIKTOKEN_CACHE_DIR"]
            else:
                os.environ["TIKTOKEN_CACHE_DIR"] = before
