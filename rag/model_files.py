"""Opening the models inside the package: checked against the sums they were tested with.

Nothing is downloaded.
"""

from __future__ import annotations

import functools
import hashlib
import os
from pathlib import Path

# onnxruntime sends usage events to its maker, and keeps them in the home directory until it
# can, unless this is set before it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime
from tokenizers import Tokenizer

from rag.errors import ModelError

__all__ = ["open_model", "open_tokenizer"]

TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"


@functools.cache
def open_model(name: str, sha256: str) -> onnxruntime.InferenceSession:
    """A model that runs on one thread; call it from several for more.

    Opened once in a process, however many use it.

    Raises:
        ModelError: the file is missing or altered.
    """
    options = onnxruntime.SessionOptions()
    # One thread a batch and several batches at once: on two cores that takes 5.5 s where
    # two threads a batch take 9.1 s, for they wait for one another at every node.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Spinning threads would burn a laptop's other core between two questions.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(
        _checked(name, sha256), options, providers=["CPUExecutionProvider"]
    )


@functools.cache
def open_tokenizer(most: int | None) -> Tokenizer:
    """The tokenizer that all our models share, cutting texts off where said.

    Opened once in a process for each length: nobody may change what it cuts or pads.

    Raises:
        ModelError: the file is missing or altered.
    """
    tokenizer = Tokenizer.from_str(_checked("tokenizer.json", TOKENIZER_SHA256).decode())
    tokenizer.no_padding()
    if most is None:
        tokenizer.no_truncation()
    else:
        tokenizer.enable_truncation(most)
    return tokenizer


def _checked(name: str, sha256: str) -> bytes:
    try:
        content = (Path(__file__).parent / "models" / name).read_bytes()
    except OSError as exc:
        raise ModelError(
            f"The model file {name} is missing from the installation; reinstall citewire."
        ) from exc
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ModelError(
            f"The model file {name} differs from the one that was tested; reinstall citewire."
        )
    return content
