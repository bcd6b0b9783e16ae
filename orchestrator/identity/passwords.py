"""Passwords, as argon2id hashes. A check takes its time whether or not there is such a person."""

import asyncio
import threading
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from orchestrator.errors import BadInput

SHORTEST, LONGEST = 10, 200  # characters
_NOBODYS = "the password of nobody"
_AT_ONCE = threading.BoundedSemaphore(2)  # a hash takes 64 MiB and a core for a moment: a crowd has to stand in line


def check_length(password: str) -> None:
    """Raise `BadInput` for a password too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadInput(f"a password has {SHORTEST} to {LONGEST} characters", field="password", fix="choose another")


async def hashed(password: str) -> str:
    """Return the hash to store. Raises `BadInput` for a password too short or too long."""
    check_length(password)
    return await asyncio.to_thread(_hash, password)


async def matches(password: str, known: str | None) -> bool:
    """Tell whether `password` is the one hashed as `known`; where none is known, as slowly, no."""
    return await asyncio.to_thread(_verify, password[: LONGEST + 1], known)


def _hash(password: str) -> str:
    with _AT_ONCE:
        return _hasher().hash(password)


def _verify(password: str, known: str | None) -> bool:
    with _AT_ONCE:
        return _hasher().verify(password, known or nobodys_hash()) and known is not None


@cache
def _hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(),))


@cache
def nobodys_hash() -> str:
    """Return what is checked where there is no such person: as costly as anybody's."""
    return _hasher().hash(_NOBODYS)
