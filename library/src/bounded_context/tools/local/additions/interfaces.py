"""The two interfaces of a context's functions: HTTP API and direct invocation."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..api import Answer, owner
from ..http_request import routed

if TYPE_CHECKING:
    from ..running import RunningContext


@dataclass(frozen=True)
class Asked:
    """A request and its answer, in words. `code` is the error code of a rejection, else empty."""

    sent: str
    code: str
    said: str


Door = Callable[[str, Mapping[str, Any]], Asked]
"""Sends a payload to a function, by its name."""


def over_http(running: "RunningContext") -> Door:
    """Return a function that sends API requests, signed as the account's root user."""
    caller, routes = owner(running), running.context.routes

    def send(function: str, payload: Mapping[str, Any]) -> Asked:
        method, path, body = routed(routes[function], payload)
        answer = caller.send(method, path, body or None)
        code = _code(answer)
        return Asked(f"{method} {path}", code, f"{answer.status} {code or answer.json.get('status', '')}".strip())

    return send


def _code(answer: Answer) -> str:
    # Answers of API Gateway itself have no code.
    return "" if answer.status < 400 else str(answer.json.get("code", "failed"))


def by_message(running: "RunningContext") -> Door:
    """Return a function that invokes functions directly, and raises LocalRunError if a function fails."""
    context = running.context

    def send(function: str, payload: Mapping[str, Any]) -> Asked:
        keyed = {"idempotency_key": str(uuid.uuid4())} if function in context.command_functions else {}
        answer = running.invoke(function, {"payload": dict(payload), **keyed})
        code = "" if answer["ok"] else str(answer["error"]["code"])
        text = f"refused {code}" if code else f"ok {answer[context.name].get('status', '')}".strip()
        return Asked(f"{function} {payload[context.identity]}", code, text)

    return send
