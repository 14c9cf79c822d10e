"""Passwords as they are kept: scrypt with a salt, and with the cost it was made at."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from rag.errors import SettingsError

__all__ = ["COST", "Cost", "PasswordHash", "check_password", "hash_password", "matches"]

_LEAST, _MOST = 8, 1_000
"""Characters in a password."""
_SALT_BYTES, _HASH_BYTES = 16, 32


class Cost(NamedTuple):
    """What scrypt is made to spend: memory is about 128 · n · r bytes."""

    n: int
    r: int
    p: int


COST = Cost(n=2**15, r=8, p=1)
"""Of new hashes: 32 MB and about 0.1 s. Old ones are checked at their own cost."""
_MOST_COST = Cost(n=2**20, r=32, p=16)
"""Above this a file is damaged rather than careful."""


@dataclass(frozen=True, slots=True)
class PasswordHash:
    """What is kept of a password."""

    cost: Cost
    salt: bytes
    digest: bytes

    def as_json(self) -> dict[str, object]:
        """As the users file holds it."""
        return {
            "scheme": "scrypt",
            **self.cost._asdict(),
            "salt": self.salt.hex(),
            "hash": self.digest.hex(),
        }

    @classmethod
    def from_json(cls, row: Any) -> Self:
        """As the users file held it.

        Raises:
            KeyError, TypeError, ValueError: it is none of ours.
        """
        cost = Cost(row["n"], row["r"], row["p"])
        for value, most in zip(cost, _MOST_COST, strict=True):
            if type(value) is not int or not 1 <= value <= most:
                raise ValueError("a cost of scrypt is out of range")
        if row["scheme"] != "scrypt" or cost.n < 2 or cost.n & (cost.n - 1):
            raise ValueError("not a hash of scrypt")
        salt, digest = bytes.fromhex(row["salt"]), bytes.fromhex(row["hash"])
        if len(salt) < _SALT_BYTES or len(digest) != _HASH_BYTES:
            raise ValueError("a salt or a hash is cut short")
        return cls(cost, salt, digest)


def check_password(password: str) -> None:
    """Turn down a password that nobody could sign in with, or anybody could.

    Raises:
        SettingsError: it is too short, too long, or not text. The message never quotes it.
    """
    if not _LEAST <= len(password) <= _MOST:
        raise SettingsError(
            f"The password has {len(password):,} characters; use {_LEAST} to {_MOST:,}."
        )
    try:
        password.encode()
    except UnicodeEncodeError:
        raise SettingsError("The password is not valid Unicode; give it as UTF-8.") from None


def hash_password(password: str) -> PasswordHash:
    """Hash a password with a new salt, at today's cost."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return PasswordHash(COST, salt, _scrypt(password, COST, salt))


def matches(password: str, kept: PasswordHash | None) -> bool:
    """Whether it is the password. With nothing kept, never; but no sooner than a wrong one."""
    against = kept or PasswordHash(COST, bytes(_SALT_BYTES), bytes(_HASH_BYTES))
    same = hmac.compare_digest(_scrypt(password, against.cost, against.salt), against.digest)
    return same and kept is not None


def _scrypt(password: str, cost: Cost, salt: bytes) -> bytes:
    # Keyboards differ in how they compose the same character.
    text = unicodedata.normalize("NFKC", password)
    return hashlib.scrypt(
        text.encode(errors="surrogatepass"),
        salt=salt,
        n=cost.n,
        r=cost.r,
        p=cost.p,
        # OpenSSL's own sum; its default of 32 MB is a few kilobytes too low.
        maxmem=128 * cost.r * (cost.n + cost.p + 2),
        dklen=_HASH_BYTES,
    )
