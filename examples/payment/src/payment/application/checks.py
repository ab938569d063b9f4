"""What a function's new version is asked before it takes traffic, and again once it has all of it: checks, as data.

Every function is put the smoke check first. To give a function a check of its own, write a function here that returns
the ``Check`` and name it in ``OWN``. Checks run against the deployed table and topic: send only what changes nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

PASSED: Final = {"smoke_check": "passed"}


@dataclass(frozen=True)
class Check:
    """A made-up event, and ``judge``, which says what is wrong with a function's answer to it, or None."""

    name: str
    event: Mapping[str, Any]
    judge: Callable[[Any], str | None]


def has(expected: Mapping[str, Any]) -> Callable[[Any], str | None]:
    """Return a judge that wants these members in an answer, whatever else it has."""
    return lambda answer: None if _has(answer, expected) else f"the answer has no {expected}"


def _has(answer: Any, expected: Any) -> bool:
    if not isinstance(expected, Mapping):
        return answer == expected
    return isinstance(answer, Mapping) and all(_has(answer.get(name), value) for name, value in expected.items())


SMOKE: Final = Check("smoke check", {"smoke_check": True}, has(PASSED))


def _empty_command() -> Check:
    # It crosses the handler and the validation, and ends before anything is read or written. The key is a fresh one, so
    # that no remembered answer can stand for the version's own.
    event = {"idempotency_key": f"check-{uuid4()}", "payload": {}}
    return Check("empty command", event, has({"ok": False, "error": {"code": "invalid"}}))


def _no_changes() -> Check:
    return Check("no changes", {"Records": []}, has({"batchItemFailures": []}))


OWN: Final[Mapping[str, Callable[[], Check]]] = {
    "register_payment": _empty_command,
    "verify_payment": _empty_command,
    "delete_payment": _empty_command,
    "relay_events": _no_changes,
    "measure_lists": _no_changes,
    "on_event": _no_changes,
}


def checks_of(function: str) -> tuple[Check, ...]:
    """Return a function's checks in their order; each call makes them anew."""
    own = OWN.get(function)
    return (SMOKE,) if own is None else (SMOKE, own())
