"""Three calls: a command, the same command again, which is rejected, and a query of the created aggregate.

They are requests to the HTTP API, or messages to the functions if the stack has no API.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from ....domain.errors import AlreadyExists, NotFound
from .interfaces import Asked, by_message, over_http
from .results import Shown

if TYPE_CHECKING:
    from ..running import RunningContext

_SEED: Final = 999
"""Seed of the sample for the command. No sample list contains its identity."""


def calls(running: "RunningContext") -> Iterator[Shown]:
    """Send the three calls and yield their results. Send no call if a field of the team rejects the sample."""
    create = next(command.function for command in running.context.commands if command.kind == "creates")
    try:
        made = _sample(running)
    except ValidationError:
        yield Shown(create, "not sent: a field's own rule rejects the sample")
        return
    yield from _sent(running, create, made)


def _sample(running: "RunningContext") -> dict[str, Any]:
    [row] = running.samples.rows(1, _SEED)
    details = running.context.details.model_validate(dict(zip(running.samples.columns, row, strict=True)))
    return details.model_dump(mode="json", exclude_none=True)


def _sent(running: "RunningContext", create: str, made: dict[str, Any]) -> Iterator[Shown]:
    context = running.context
    send = over_http(running) if running.outputs.get("api") else by_message(running)
    first, again = send(create, made), send(create, made)
    found = send(context.get_function, {context.identity: made[context.identity]})
    # A rule of the team may reject the sample: then the second call is rejected too, and the query finds nothing.
    own = first.code in {error.code for error in context.errors}
    expected = (first.code, first.code, NotFound.code) if own else ("", AlreadyExists.code, "")
    for asked, code in zip((first, replace(again, sent=f"{again.sent} again"), found), expected, strict=True):
        yield Shown(asked.sent, asked.said, _problem(asked, code))


def _problem(asked: Asked, expected: str) -> str:
    wanted = expected or "success"
    return "" if asked.code == expected else f"{asked.sent}: the answer is {asked.said!r} instead of {wanted}."
