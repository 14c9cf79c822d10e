"""What Chroma and tantivy raise, as one error of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rag.errors import CitewireError

__all__ = ["Unfit", "unfit"]


class Unfit(Exception):
    """Why the indexes can't be used as they are; completes "the indexes …"."""


@contextmanager
def unfit(what: str) -> Iterator[None]:
    """Turn whatever the vendors raise into `Unfit`: each of it means the same to us.

    Args:
        what: becomes of the indexes, such as "can't be opened".
    """
    try:
        yield
    except (Unfit, CitewireError):
        raise
    except Exception as exc:
        raise Unfit(f"{what} ({_reason(exc)})") from exc
    except BaseException as exc:
        # What Rust code panics with is no Exception, and its class can't be imported.
        if type(exc).__name__ != "PanicException":
            raise
        raise Unfit(f"{what} ({_reason(exc)})") from exc


def _reason(exc: BaseException) -> str:
    if isinstance(exc, OSError) and exc.strerror:
        return exc.strerror
    lines = str(exc).splitlines()
    return f"{type(exc).__name__}: {lines[0][:120]}" if lines else type(exc).__name__
