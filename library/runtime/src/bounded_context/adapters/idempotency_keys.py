"""The idempotency key of the running command, as its writes store it.

An attempt that repeats a command recognises the effect of an earlier attempt, whose function ended before its answer.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from ..domain.aggregate import Aggregate

_DIGITS: Final = 16
"""Hexadecimal digits of a command's digest, and of the random part of a write's name."""


class Done(Exception):
    """An earlier attempt has run this command: ``aggregate`` is its effect, as stored."""

    def __init__(self, aggregate: Aggregate[Any, Any]) -> None:
        super().__init__("an earlier attempt has run this command")
        self.aggregate = aggregate


@dataclass(frozen=True)
class _Attempt:
    """An attempt of a command: its aggregate's identity, its digest, and the names of the attempt's own writes."""

    identity: str
    digest: str
    written: set[str] = field(default_factory=set)


_current: Final[ContextVar[_Attempt | None]] = ContextVar("attempt", default=None)


@contextmanager
def attempt(identity: str, *command: Any) -> Iterator[None]:
    """Add the digest of a command to its writes. ``command`` is the command's name, key and payload as JSON values.

    Only the effect on the aggregate ``identity`` is recognised. A rule that changes others too changes this aggregate
    last.
    """
    text = json.dumps(command, sort_keys=True, default=str)
    token = _current.set(_Attempt(identity, sha256(text.encode()).hexdigest()[:_DIGITS]))
    try:
        yield
    finally:
        _current.reset(token)


def fresh_name() -> str:
    """Return the name of a write: random digits, after the digest of the command that runs under a key."""
    running, name = _current.get(), secrets.token_hex(_DIGITS // 2)
    if running is None:
        return name
    name = running.digest + name
    running.written.add(name)
    return name


def is_earlier(identity: str, name: str) -> bool:
    """Return whether an earlier attempt of the command on this aggregate made the write of this name."""
    running = _current.get()
    if running is None or running.identity != identity or len(name) != 2 * _DIGITS:
        return False
    return name.startswith(running.digest) and name not in running.written
