"""Ways to spoil a file, drawn from a random generator so that a seed gives the same again."""

from __future__ import annotations

import io
import random
import zipfile
import zlib
from collections.abc import Sequence

__all__ = ["MAGIC", "mutated"]

MAGIC = (
    b"\0", b"\0" * 50, b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xff\xfe",
    b"\x1b[31m", b"\r", b"\r\n", b"\n\n", b"\n\n\n", b"\t", b"\"", b"'", b"\\", b"\\u0000",
    b"\\ud800", b"{", b"[", b"}]", b"<", b">", b"</", b"<![CDATA[", b"]]>", b"<!--", b"-->",
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"<?xml version='1.0' encoding='utf-7'?>", b"&a;", b"&#0;",
    b"&#xd800;", b"&#1114112;", b"<script>", b"<table>", b"<svg>", b"<p hidden>",
    b"<base href=//>", b"<plaintext>", b"1e999999", b"NaN", b"-Infinity", b"9" * 5000,
    b"2099-01-01", b"0000-00-00", b"31/02/2024", b"--e1", b"From ",
    b"From x Fri May  3 23:30:00 2024\n", b"Content-Type: multipart/mixed; boundary=\"\"\n",
    b"Content-Type: message/rfc822\n\n", b"Content-Transfer-Encoding: base64\n",
    b"=?utf-8?b?////?=", b"=?utf-7?q?+?=", b"Content-Type: text/html; charset=unicode_escape\n",
    b"---\n", b"--- !!python/object\n", b"&a [*a]", b"title: &x [*x, *x]\n", b"stream", b"endobj",
    b"/Length -1", b"/Kids[2 0 R]", b"/Prev 0", b"%%EOF", b"PK\x03\x04", b"PK\x05\x06",
    b"\x1f\x8b\x08", b"%PDF-1.7", "\u202e\u2066\u200d\ufeff".encode(), "\u2028".encode(), b"\x85",
    b"\x0c", b"\x1c", b"sep=;", b"#", b"[a](b)" * 50, b"(" * 300, b"> " * 100,
)  # fmt: skip


def mutated(content: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """The content with one to six changes.

    Args:
        content: of a good file.
        others: contents of good files, from which stretches may be put in.
        rng: draws the changes.
    """
    inner = rng.random() < 0.5
    if inner and content.startswith(b"PK"):
        return _repacked(content, others, rng)
    if inner and content.startswith(b"\x1f\x8b"):
        whole = zlib.decompress(content, 31)
        packer = zlib.compressobj(wbits=31)
        return packer.compress(_changed(whole, others, rng)) + packer.flush()
    return _changed(content, others, rng)


def _repacked(content: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """A zip whose parts are changed and that is whole itself."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        chosen = rng.choice(old.namelist())
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, _changed(part, others, rng) if name == chosen else part)
    return out.getvalue()


def _changed(content: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    held = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        _change(held, others, rng)
    return bytes(held)


def _change(held: bytearray, others: Sequence[bytes], rng: random.Random) -> None:
    start = rng.randrange(len(held) + 1)
    end = min(len(held), start + int(rng.paretovariate(0.5)))
    match rng.randrange(9):
        case 0:  # flip bits
            for _ in range(rng.randint(1, 20) if held else 0):
                held[rng.randrange(len(held))] ^= 1 << rng.randrange(8)
        case 1:
            del held[start:]
        case 2:
            del held[start:end]
        case 3:  # say a stretch again
            held[start:start] = held[start:end]
        case 4:  # say a short one very often
            piece = held[start : start + rng.randint(1, 60)]
            often = min(int(rng.paretovariate(0.3)), 1_000_000 // (len(piece) or 1))
            held[start:start] = piece * often
        case 5:
            other = rng.choice(others)
            at = rng.randrange(len(other))
            held[start:end] = other[at : at + rng.randint(1, 2000)]
        case 6:
            held[start:end] = rng.randbytes(rng.randint(1, 64))
        case 7:
            often = 1 if rng.random() < 0.8 else int(rng.paretovariate(0.4))
            magic = rng.choice(MAGIC)
            held[start:start] = magic * min(often, 1_000_000 // len(magic))
        case _:  # one sign for another, wherever it stands
            old, new = rng.sample((b"<", b">", b'"', b"'", b",", b"\n", b":", b"=", b" ", b""), 2)
            if old:
                held[:] = held.replace(old, new, rng.choice((1, 5, -1)))
