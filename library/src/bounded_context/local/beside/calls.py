"""Three calls: a command that is taken, the same once more, which is refused, and a query for what it made.

They are requests to the HTTP API where the stack has one, and messages to the functions where it has none.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from ...domain.errors import AlreadyExists, NotFound
from .doors import Asked, by_message, over_http
from .shown import Shown

if TYPE_CHECKING:
    from ..running import RunningContext

_SEED: Final = 999
"""Of the sample that the command creates: no list of samples has its identity."""


def calls(running: "RunningContext") -> Iterator[Shown]:
    """Send the three, and say what came of each; nothing where a field of the team's own takes no sample."""
    create = next(command.function for command in running.context.commands if command.kind == "creates")
    try:
        made = _sample(running)
    except ValidationError:
        yield Shown(create, "not sent: a field's own rule takes no sample")
        return
    yield from _sent(running, create, made)


def _sample(running: "RunningContext") -> dict[str, Any]:
    [row] = running.samples.rows(1, _SEED)
    details = running.context.details.model_validate(dict(zip(running.samples.columns, row, strict=True)))
    return details.model_dump(mode="json", exclude_none=True)


def _sent(running: "RunningContext", create: str, made: dict[str, Any]) -> Iterator[Shown]:
    context = running.context
    door = over_http(running) if running.outputs.get("api") else by_message(running)
    taken, again = door(create, made), door(create, made)
    found = door(context.get_function, {context.identity: made[context.identity]})
    # A rule of the team's own may refuse a sample: then it is refused again, and not found.
    own = taken.code in {error.code for error in context.errors}
    expected = (taken.code, taken.code, NotFound.code) if own else ("", AlreadyExists.code, "")
    for asked, code in zip((taken, replace(again, sent=f"{again.sent} again"), found), expected, strict=True):
        yield Shown(asked.sent, asked.said, _problem(asked, code))


def _problem(asked: Asked, expected: str) -> str:
    wanted = expected or "no refusal"
    return "" if asked.code == expected else f"{asked.sent} was answered {asked.said}, and {wanted} should have come."
