"""One schedule of children: callers, the relay, and the table with its stream."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

from bounded_context.adapters.items import Changes, Items
from bounded_context.handlers import relay_events
from bounded_context.testing import Samples
from bounded_context.testing.functions import handler_of

from .. import functions as lambda_functions
from ..account import TABLE, TOPIC, Account
from ..callers import LANES, Mapping, lane, lost_after
from ..functions import Lambda
from ..history import History, Violation, Write
from ..outcome import Outcome, begun
from ..patches import attached
from ..profile import Profile
from ..scheduler import Activity, Key, Scheduler
from ..services.dynamodb import record
from .invariants import PARENT, AtWrite, at_rest, of_answer, text_of
from .payments import CONTEXT
from .scenario import ADD, LIST, PARENTS, REGISTER, REMOVE, SEVERAL, VERIFY, Call, Scenario

if TYPE_CHECKING:
    from ..services.dynamodb.store import Change

_FUNCTIONS: Final = {
    ADD: "list_payments",
    SEVERAL: "list_payments",
    LIST: "get_payment",
    REGISTER: "register_payment",
    REMOVE: "delete_payment",
    VERIFY: "verify_payment",
}
"""Functions of the default context whose timeout the calls have."""

_NAMES: Final = {**_FUNCTIONS, ADD: "add_note", SEVERAL: "add_note", LIST: "list_payment_notes"}
_HANDLERS: Final[dict[str, Any]] = {alias: handler_of(CONTEXT, _NAMES[kind]) for kind, alias in _FUNCTIONS.items()}
_RELAY: Final = "relay_events"
_VARIABLES: Final = {"TABLE_NAME": TABLE, "TOPIC_ARN": TOPIC}
_TRIES: Final = 12


class World:
    """A schedule."""

    def __init__(self, scheduler: Scheduler, scenario: Scenario, known: frozenset[str] = frozenset()) -> None:
        self.scheduler = scheduler
        self.scenario = scenario
        self.known = known
        self.account = Account(scheduler)
        self.history = History()
        self.functions = Lambda(scheduler, lambda _: _VARIABLES, self._handler)
        self.answers: dict[Call, list[dict[str, Any]]] = {call: [] for call in scenario.calls}
        self.lists: list[list[int]] = []
        self.given_up = set[str]()
        self._lanes: dict[int, list[dict[str, Any]]] = {number: [] for number in LANES}
        self._changes, self._finished = 0, False
        self._relays: list[Activity] = []
        self._work: list[Activity] = []
        at_write = AtWrite()
        self.history.watchers.append(lambda write: self._check(partial(at_write, write)))
        scheduler.observers.append(self._observe)

    @staticmethod
    def _handler(name: str) -> Any:
        if name == _RELAY:
            return lambda_functions.handler(name)
        return _HANDLERS[name].__wrapped__.__wrapped__

    def run(self) -> None:
        """Run the schedule to rest, and check the invariants. Raises Violation."""
        for parent in PARENTS if self.scenario.registered else ():
            self.account.table.put_item(Item=_registered(parent))
        self._observe(None, "")
        self._relays = [self.scheduler.spawn(f"relay{number}", self._mapping(number).run) for number in LANES]
        for call in self.scenario.calls:
            for _ in range(call.copies):
                self._work.append(self.scheduler.spawn("caller", partial(self._call, call)))
        self.scheduler.spawn("end", self._end)
        self.scheduler.run()
        for violation in at_rest(self):
            if violation.name not in self.known:
                raise violation

    def published(self) -> list[dict[str, Any]]:
        """Return the published events."""
        return [json.loads(publication.message) for publication in self.account.topic.published]

    def _check(self, check: Any) -> None:
        try:
            check()
        except Violation as violation:
            if violation.name not in self.known:
                raise

    def _mapping(self, number: int) -> Mapping:
        arguments = (lambda: self._lanes[number], self.scenario.batch, lambda: self._finished, self.given_up)
        return Mapping(self.scheduler, self.functions, *arguments)

    def _call(self, call: Call) -> None:
        self.scheduler.sleep(call.at)
        if call.kind == LIST:
            self._list(call)
            return
        message = {"idempotency_key": f"key-{call.number}", "payload": _payload(call)}
        for _ in range(_TRIES):
            since = self.scheduler.now()
            answer = self._answer(call, message)
            if answer is not None:
                self._check(partial(of_answer, self, call, answer, since))
            if answer is not None and answer.get("error", {}).get("code") != "in-progress":
                self.answers[call].append(answer)
                return
            # The lock of an invocation that ended without an answer lasts half a minute.
            self.scheduler.sleep(self.scheduler.own_random().uniform(0.1, 10))

    def _answer(self, call: Call, message: dict[str, Any]) -> dict[str, Any] | None:
        invocation = self.functions.invoke(_FUNCTIONS[call.kind], message, call)
        lost = lost_after(self.scheduler, 1.0)
        answered = self.scheduler.join([invocation], self.scheduler.clock + (29.0 if lost is None else lost))
        if not answered or invocation.dead or invocation.error is not None:
            return None
        return json.loads(json.dumps(invocation.result))

    def _list(self, call: Call) -> None:
        """Read the pages of a parent's children, and keep their numbers. A lost answer ends the list."""
        numbers, cursor = list[int](), None
        for _ in range(_TRIES):
            more = {"cursor": cursor} if cursor else {}
            payload = {"payment_id": call.parent, "limit": self.scenario.limit, **more}
            answer = self._answer(call, {"payload": payload})
            if answer is None or not answer["ok"]:
                break
            numbers += [child["number"] for child in answer["items"]]
            cursor = answer["next_cursor"]
            if cursor is None:
                break
        self.lists.append(numbers)

    def _end(self) -> None:
        """Wait until all calls have ended; then let the relay read to its end without faults."""
        while remaining := [activity for activity in self._work if not activity.done]:
            self.scheduler.join(remaining[:1])
        self.scheduler.calm = True
        self._finished = True
        for relay in self._relays:
            self.scheduler.rouse(relay)

    def _observe(self, me: Activity | None, _name: str) -> None:
        changes = self.account.store.changes
        while self._changes < len(changes):
            change: Change = changes[self._changes]
            self._changes += 1
            if change.key.startswith(PARENT):
                self._lanes[lane(change.key)].append(record(self.account.store, change))
                for relay in self._relays:
                    self.scheduler.rouse(relay)
            self.history.add(Write(change.key, change.old, change.new, me, change.at, "", "", self.scheduler.late))


def _registered(parent: str) -> dict[str, Any]:
    """Return the item of a parent that was there before."""
    details = CONTEXT.details.model_validate({**Samples(CONTEXT).values(1), "payment_id": parent})
    return Items(CONTEXT).from_aggregate(CONTEXT.aggregate(details, CONTEXT.initial_status)) | {
        "etag": f"etag-{parent}"
    }


def _payload(call: Call) -> dict[str, Any]:
    if call.kind == REGISTER:
        return {**Samples(CONTEXT).values(1), "payment_id": call.parent}
    note = {"text": text_of(call.number), "also": call.also} if call.kind in (ADD, SEVERAL) else {}
    return {"payment_id": call.parent, **note}


@contextmanager
def _relay_of_parents() -> Iterator[None]:
    """Let the relay have the context with children."""
    with ExitStack() as patched:
        patched.enter_context(patch.object(relay_events, "CONTEXT", CONTEXT))
        patched.enter_context(patch.object(relay_events, "_CHANGES", Changes(CONTEXT)))
        yield


def play(
    seed: int,
    scenario: Scenario,
    profile: Profile,
    kept: dict[Key, Any] | None = None,
    known: frozenset[str] = frozenset(),
) -> Outcome:
    """Run one schedule; with ``kept``, replay these choices. The patches have to be installed."""
    scheduler, outcome = begun(play, seed, scenario, profile, kept)
    world = World(scheduler, scenario, known)
    with attached(scheduler, world.account), _relay_of_parents():
        outcome.judge(scheduler, world.run)
    outcome.statuses = [str(item.get("status")) for _, item in sorted(world.account.store.items.items())]
    return outcome


lambda_functions.load()
