"""Callers that read an aggregate and send commands for the version that they have read."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from ..callers import lost_after
from ..functions import Lambda
from ..history import AGGREGATE, History, Sent, Violation, Write
from ..invariants import DETAILS
from ..scenario import Order
from ..scheduler import Activity, Scheduler
from .api import Answer, answer_of, request
from .scenario import AGAIN, MISUSE, READ, Act, Visit
from .versions import NOTE

_SHOWN: Final = (*DETAILS, "status", "version", "list_id")
_LONGEST_WAIT: Final = 40.0
"""Seconds between two tries at most. A key is locked for the 10 seconds of a command's function, and 15 more."""
_BUSY: Final = ("in-progress", "list-open")

State = Write | None
"""A state of an item: the write that made it, None before the first."""


@dataclass(eq=False)
class Conditional(Sent):
    """A command for one version. ``held`` are the states that its caller may have read, None without a condition."""

    held: Sequence[State] | None = None
    by_number: bool = False


class Visitor:
    """Runs a visit."""

    def __init__(self, scheduler: Scheduler, functions: Lambda, history: History, visit: Visit) -> None:
        self._scheduler = scheduler
        self._functions = functions
        self._history = history
        self._visit = visit
        self._key = AGGREGATE + visit.identity
        self._tag = ""
        self._held: Sequence[State] = []
        self._last: tuple[Act, Conditional, dict[str, Any], Answer] | None = None

    def run(self) -> None:
        """Send the requests at their time."""
        self._scheduler.wait_for(self._visit.trigger, self._visit.at)
        for number, act in enumerate(self._visit.acts):
            self._act(number, act)

    def _act(self, number: int, act: Act) -> None:
        if act.kind == READ:
            self._read(act)
        elif act.kind in (AGAIN, MISUSE):
            self._repeat(act.kind)
        else:
            self._command(f"{self._visit.name}-{number}", act)

    # Reads.

    def _read(self, act: Act) -> None:
        tag = self._tag if act.conditional and self._visit.http else ""
        headers = {"If-None-Match": f'"{tag}"'} if tag else {}
        message = {"payload": {"payment_id": self._visit.identity}}
        event = request("get_payment", self._visit.identity, headers=headers) if self._visit.http else message
        started = self._scheduler.now()
        answer = self._insist(lambda: self._send("get_payment", event, None))
        if answer is not None:
            self._judge(answer, moments(self._history, self._key, started, self._scheduler.now()))

    def _judge(self, answer: Answer, there: Sequence[State]) -> None:
        if answer.same:
            if not any(is_held(state, self._held) for state in there):
                raise Violation("not-modified", f"{self._key} has changed: {self._tag}")
            return
        if answer.code not in ("", "not-found"):
            raise Violation("query-refused", answer.code)
        states = [state for state in there if _shows(answer.body, state)]
        if not states:
            raise Violation("shown-wrong", f"{self._key}: {answer.code or answer.body}")
        self._tag, self._held = answer.tag, states if answer.tag else []

    # Commands.

    def _command(self, key: str, act: Act) -> None:
        order = Order(act.kind, self._visit.identity, key, 0.0, payer=f"Jo {key}")
        sent = Conditional(order)
        if act.conditional and self._tag and act.kind != "register_payment":
            sent.held, sent.by_number = self._held, act.number and not self._visit.http
        self._history.sent.append(sent)
        event = self._event(order, act, sent)
        started = self._scheduler.now()
        answer = self._insist(lambda: self._send(order.function, event, sent), partial(_is_final, act))
        if answer is not None:
            self._last = act, sent, event, answer
            self._keep(answer, moments(self._history, self._key, started, self._scheduler.now()))

    def _keep(self, answer: Answer, there: Sequence[State]) -> None:
        if not answer.code and answer.tag:
            self._tag, self._held = answer.tag, [state for state in there if _shows(answer.body, state)]

    def _event(self, order: Order, act: Act, sent: Conditional) -> dict[str, Any]:
        payload = order.payload | ({NOTE: act.note} if act.note else {})
        if not self._visit.http:
            condition = {} if sent.held is None else {"expected_version": self._expected(sent)}
            return {"idempotency_key": order.key, "payload": payload | condition}
        headers = {"Idempotency-Key": order.key, "Content-Type": "application/json"}
        headers |= {} if sent.held is None else {"If-Match": f'"{self._tag}"'}
        body = payload if order.function == "register_payment" else None
        return request(order.function, order.identity, body, headers)

    def _expected(self, sent: Conditional) -> str | int:
        version = version_of(self._held[0]) if sent.by_number else None
        return self._tag if version is None else version

    def _repeat(self, kind: str) -> None:
        """Send a key again that has an answer: with the same command, or with another one."""
        if self._last is None or self._last[-1].code:
            return
        act, sent, event, first = self._last
        if kind == MISUSE:
            self._misuse(act, sent)
            return
        answer = self._insist(lambda: self._send(sent.order.function, event, sent), partial(_is_final, act))
        if answer is not None and (answer.code, answer.body, answer.tag) != ("", first.body, first.tag):
            raise Violation("other-answer", f"{sent.order.key}: {answer}, not {first}")

    def _misuse(self, act: Act, sent: Conditional) -> None:
        other = Order(sent.order.function, f"{self._visit.identity}0", sent.order.key, 0.0, payer="Eve")
        misused = Conditional(other)
        event = self._event(other, act, misused)
        answer = self._insist(lambda: self._send(other.function, event, misused), partial(_is_final, act))
        if answer is not None and (misused.writes or answer.code != "idempotency-key-reused"):
            raise Violation("key-reused", f"{other.key}: {answer}")

    # Sending.

    def _insist(
        self, send: Callable[[], Answer | None], kept: Callable[[Answer], bool] = lambda _: True
    ) -> Answer | None:
        for _ in range(self._visit.tries):
            answer = send()
            if answer is not None and kept(answer):
                return answer
            self._scheduler.sleep(self._scheduler.own_random().uniform(0.1, _LONGEST_WAIT))
        return None

    def _send(self, function: str, event: dict[str, Any], sent: Conditional | None) -> Answer | None:
        invocation = self._functions.invoke(function, json.loads(json.dumps(event)), sent)
        invocation.started = self._scheduler.now()
        if sent is not None:
            sent.invocations.append(invocation)
        answer = awaited(self._scheduler, invocation)
        if answer is not None and sent is not None and answer.code not in _BUSY:
            sent.answers.append((invocation, answer.message))
        return answer


def _is_final(act: Act, answer: Answer) -> bool:
    """Tell whether an answer ends the tries: the older version does not know the newer one's field."""
    return answer.code not in _BUSY and not (act.note and answer.code == "invalid")


def awaited(scheduler: Scheduler, invocation: Activity) -> Answer | None:
    """Return an invocation's answer, None if there is none."""
    lost = lost_after(scheduler, 1.0)
    answered = scheduler.join([invocation], scheduler.clock + (29.0 if lost is None else lost))
    if not answered or invocation.dead or invocation.error is not None:
        return None
    invocation.ended = scheduler.now()
    return answer_of(json.loads(json.dumps(invocation.result)))


def moments(history: History, key: str, start: float, end: float) -> list[State]:
    """Return each state that an item had between two times."""
    states: list[State] = [None]
    for write in history.by_key.get(key, []):
        if write.time > end:
            break
        if write.time < start:
            states = []
        states.append(write)
    return states


def _shows(body: Any, state: State) -> bool:
    item = state.after if state else None
    if body is None or item is None:
        return body is None and item is None
    note = item.get(NOTE)
    return all(body[name] == _plain(item.get(name)) for name in _SHOWN) and body.get(NOTE, note) == note


def is_held(state: State, held: Sequence[State]) -> bool:
    """Tell whether a state is one of others. A registration that takes effect twice stores the same item again."""
    return any(state is other or (state and other and state.after and state.after == other.after) for other in held)


def version_of(state: State) -> int | None:
    """Return a state's version, None of an absent item."""
    return int(state.after["version"]) if state and state.after else None


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else int(value)
