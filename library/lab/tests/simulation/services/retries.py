"""The retries of AWS clients: botocore and the Rust SDK both send a request again before the caller sees an error."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from .gate import Gate

T = TypeVar("T")

ATTEMPTS: Final = 3
"""Attempts of a request, the first one included (botocore, retry mode "standard"; aws-sdk-rust's default)."""


@dataclass(frozen=True)
class Faults:
    """The exceptions of one client for injected faults, and the errors after which it sends a request again."""

    throttled: Callable[[], Exception]
    failed: Callable[[], Exception]
    unanswered: Callable[[], Exception]
    passes: Callable[[Exception], bool]


def retried(gate: Gate, name: str, effect: Callable[[], T], faults: Faults) -> T:
    """Send a request until it is answered, at most three times with the same parameters; raise its last error."""
    for _ in range(ATTEMPTS - 1):
        try:
            return gate.call(name, effect, faults)
        except Exception as error:
            if not faults.passes(error):
                raise
    return gate.call(name, effect, faults)
