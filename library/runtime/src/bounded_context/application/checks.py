"""The checks of a function's new version, before it takes traffic and after it has all of it, as data.

The smoke check is the first check of every function. Checks run against the deployed table and topic: their events
change no data.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from ..declaration.context import Context

PASSED: Final = {"smoke_check": "passed"}


@dataclass(frozen=True)
class Check:
    """A made-up event, and ``judge``, which returns the fault in a function's answer to it, or None."""

    name: str
    event: Mapping[str, Any]
    judge: Callable[[Any], str | None]


def has(expected: Mapping[str, Any]) -> Callable[[Any], str | None]:
    """Return a judge that requires the given members in an answer; it ignores further members."""
    return lambda answer: None if _has(answer, expected) else f"the answer has no {expected}"


def _has(answer: Any, expected: Any) -> bool:
    if not isinstance(expected, Mapping):
        return answer == expected
    return isinstance(answer, Mapping) and all(_has(answer.get(name), value) for name, value in expected.items())


SMOKE: Final = Check("smoke check", {"smoke_check": True}, has(PASSED))


def _empty_command() -> Check:
    # The command reaches the validation and ends before a read or a write. Its key is new: otherwise a stored answer
    # could replace the version's own.
    event = {"idempotency_key": f"check-{uuid4()}", "payload": {}}
    return Check("empty command", event, has({"ok": False, "error": {"code": "invalid"}}))


def _empty_query() -> Check:
    return Check("empty query", {"payload": {}}, has({"ok": False, "error": {"code": "invalid"}}))


def _no_changes() -> Check:
    return Check("no changes", {"Records": []}, has({"batchItemFailures": []}))


_BATCHES: Final = ("relay_events", "measure_lists", "on_event")


def checks_of(function: str, context: Context[Any]) -> tuple[Check, ...]:
    """Return the checks of a function of a context in their order; each call creates new events."""
    if function in context.command_functions:
        return SMOKE, _empty_command()
    if function in context.queries:
        return SMOKE, _empty_query()
    return (SMOKE, _no_changes()) if function in _BATCHES else (SMOKE,)
