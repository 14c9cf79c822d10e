"""Gzip: what it holds as a stream, inflated piece by piece and no further than allowed."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import BinaryIO

from rag.errors import RejectedFile

__all__ = ["open_gzip"]


def open_gzip(file: BinaryIO, most_bytes: int) -> io.BufferedReader:
    """What a gzip file holds, for reading from its start to its end; there is no seeking.

    Reading raises `RejectedFile` where the file is cut off or damaged, and where more than
    `most_bytes` come out of it.
    """
    return io.BufferedReader(_Inflated(file, most_bytes), 1 << 16)


class _Inflated(io.RawIOBase):
    def __init__(self, file: BinaryIO, most_bytes: int) -> None:
        self._gzip = gzip.GzipFile(fileobj=file, mode="rb")
        self._most = self._left = most_bytes

    def readable(self) -> bool:
        return True

    # Typed as any buffer; `BufferedReader` hands in a view.
    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        try:
            piece = self._gzip.read(len(buffer))
        except EOFError as exc:
            raise RejectedFile(
                "a compressed file that is cut off: copy or compress it anew"
            ) from exc
        except (gzip.BadGzipFile, zlib.error) as exc:
            raise RejectedFile("a damaged compressed file: copy or compress it anew") from exc
        self._left -= len(piece)
        if self._left < 0:
            raise RejectedFile(f"larger than {self._most / 1e6:,.0f} MB once inflated: split it")
        buffer[: len(piece)] = piece
        return len(piece)
