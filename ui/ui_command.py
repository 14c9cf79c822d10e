"""`citewire ui`: serves the page until it is stopped."""

from __future__ import annotations

import argparse
import errno
import ipaddress
import socket
import sys
from pathlib import Path

from rag.errors import SettingsError
from rag.settings import SettingsWithOrigins

__all__ = ["add_ui_options", "run"]

_BACKLOG = 2048
_STOP_S = 3
"""Seconds that answers under way are given when the server is stopped."""


def add_ui_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("--host", default="127.0.0.1", help="address to serve at (%(default)s)")
    parser.add_argument(
        "--port", type=int, default=7860, help="port; 0 for any that is free (%(default)s)"
    )
    parser.add_argument(
        "--auth", action="store_true", help="only for those that `citewire users` lists"
    )
    parser.add_argument(
        "--writer", choices=("quotes", "model"), help="who writes, as for `citewire ask`"
    )
    parser.add_argument(
        "--no-cache", action="store_true", help="ask the model again, whatever it said before"
    )


def run(args: argparse.Namespace, home: Path, settings: SettingsWithOrigins) -> int:
    """Run the command and return its exit code.

    Raises:
        SettingsError: the address can't be served at, or nobody could sign in.
    """
    from ui.users import Users  # noqa: PLC0415

    users = Users(home) if args.auth else None
    if users is not None and not users.all():
        raise SettingsError(
            "Nobody could sign in: add a user with `citewire users add NAME --role editor`."
        )
    listener = _listener(args.host, args.port)
    with listener:
        port = listener.getsockname()[1]
        local = _is_loopback(args.host)
        # Gradio takes seconds to import; what can be wrong was told before.
        import uvicorn  # noqa: PLC0415

        from ui.chat.desk import Desk  # noqa: PLC0415
        from ui.chat.server import application  # noqa: PLC0415

        def notify(line: str) -> None:
            print(line, file=sys.stderr, flush=True)

        with Desk(home, settings, cache=not args.no_cache, notify=notify) as desk:
            app = application(desk, users=users, only_local=local)
            shown = f"[{args.host}]" if ":" in args.host else args.host
            print(f"Citewire is at http://{shown}:{port} (Ctrl-C stops it).", flush=True)
            if not local and users is None:
                notify(
                    "Whoever reaches this address can read and change the library; --auth lets"
                    " only your users in."
                )
            config = uvicorn.Config(
                app, log_level="warning", access_log=False, timeout_graceful_shutdown=_STOP_S
            )
            uvicorn.Server(config).run(sockets=[listener])
    return 0


def _listener(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65535:
        raise SettingsError(f"--port {port} is none; ports go from 0 to 65535.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        # From here on browsers are kept waiting and not turned away.
        listener.listen(_BACKLOG)
    except OSError as exc:
        listener.close()
        if exc.errno == errno.EADDRINUSE:
            raise SettingsError(
                f"Port {port} of {host} is taken, perhaps by another Citewire; choose one with"
                " --port."
            ) from None
        raise SettingsError(f"{host}:{port} can't be served at ({exc.strerror}).") from None
    return listener


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
