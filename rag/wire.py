"""The socket of one call, so that another thread can hang up."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

__all__ = ["WIRE", "Wire", "watch"]


class Wire:
    """The socket of one attempt, so that another thread can hang up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._hung_up = False

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Called by the HTTP client at each step; TLS wraps the socket in another."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            with self._lock:
                self._socket = info["return_value"].get_extra_info("socket")
                if self._hung_up:
                    self._shut()

    def hang_up(self) -> None:
        """End whatever the thread is waiting for."""
        with self._lock:
            self._hung_up = True
            self._shut()

    def _shut(self) -> None:
        # Closing would not wake a thread that is reading; shutting down does.
        if self._socket is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


WIRE: ContextVar[Wire] = ContextVar("WIRE")


def watch(request: Any) -> None:
    """Have a request (httpx's or httpx2's, by the client's version) tell of its socket."""
    request.extensions["trace"] = WIRE.get().trace
