"""The two doors of a context's functions: requests to the HTTP API, and messages."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..api import Answer, owner
from ..routed import routed

if TYPE_CHECKING:
    from ..running import RunningContext


@dataclass(frozen=True)
class Asked:
    """What was sent and what came back, in words; `code` is that of the refusal, empty if it was none."""

    sent: str
    code: str
    said: str


Door = Callable[[str, Mapping[str, Any]], Asked]
"""Asks a function, by its name, for a payload."""


def over_http(running: "RunningContext") -> Door:
    """Return the door of requests, signed as the account's owner."""
    caller, routes = owner(running), running.context.routes

    def ask(function: str, payload: Mapping[str, Any]) -> Asked:
        method, path, body = routed(routes[function], payload)
        answer = caller.send(method, path, body or None)
        code = _code(answer)
        return Asked(f"{method} {path}", code, f"{answer.status} {code or answer.json.get('status', '')}".strip())

    return ask


def _code(answer: Answer) -> str:
    # What no function has answered is no problem of the context's form.
    return "" if answer.status < 400 else str(answer.json.get("code", "failed"))


def by_message(running: "RunningContext") -> Door:
    """Return the door of messages; it raises LocalRunError where a function ends with an error."""
    context = running.context

    def ask(function: str, payload: Mapping[str, Any]) -> Asked:
        keyed = {"idempotency_key": str(uuid.uuid4())} if function in context.command_functions else {}
        answer = running.invoke(function, {"payload": dict(payload), **keyed})
        code = "" if answer["ok"] else str(answer["error"]["code"])
        said = f"refused {code}" if code else f"ok {answer[context.name].get('status', '')}".strip()
        return Asked(f"{function} {payload[context.identity]}", code, said)

    return ask
