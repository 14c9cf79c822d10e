"""Bodies of replies: all of them or none, and never more than was allowed."""

from __future__ import annotations

import gzip
import io
import zlib
from http.client import HTTPResponse

from rag.errors import RejectedFile

__all__ = ["BROKE_OFF", "body_of"]

BROKE_OFF = "broke off before its end: try again"


def body_of(response: HTTPResponse, max_mb: float) -> bytes:
    """Read and unpack a body.

    Raises:
        RejectedFile: it is larger than `max_mb` as sent or unpacked, packed in a way that was
            not asked for, or breaks off.
        HTTPException: its chunks are broken.
        OSError: the connection broke, or there is no more time.
    """
    limit = int(max_mb * 1_000_000)
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise RejectedFile(f"compressed in a way that was not asked for ({coding[:40]!r})")
    if (response.length or 0) > limit:
        raise RejectedFile(_too_large(max_mb))
    content = bytearray()
    while piece := response.read(65_536):
        content += piece
        if len(content) > limit:
            raise RejectedFile(_too_large(max_mb))
    if response.length:  # what is left of Content-Length
        raise RejectedFile(BROKE_OFF)
    if coding in ("", "identity") or not content:
        return bytes(content)
    unpack = _inflated if coding == "deflate" else _gunzipped
    try:
        unpacked = unpack(bytes(content), limit + 1)
    except EOFError:
        raise RejectedFile(BROKE_OFF) from None
    except (OSError, zlib.error) as exc:
        raise RejectedFile("wrongly compressed: try again, or save it with a browser") from exc
    if len(unpacked) > limit:
        raise RejectedFile(_too_large(max_mb))
    return unpacked


def _too_large(max_mb: float) -> str:
    return f"larger than {max_mb:g} MB: raise max_file_mb"


def _gunzipped(packed: bytes, most: int) -> bytes:
    return gzip.GzipFile(fileobj=io.BytesIO(packed)).read(most)


def _inflated(packed: bytes, most: int) -> bytes:
    """`deflate` means zlib's format, but some servers send it without zlib's header."""
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(packed, most)
    except zlib.error:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        unpacked = unpacker.decompress(packed, most)
    if len(unpacked) < most and not unpacker.eof:
        raise EOFError
    return unpacked
