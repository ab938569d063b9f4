"""One schedule of reactions: the inbound queue and its readers, callers of commands, and the list that closes."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from typing import Any, Final
from unittest.mock import patch

from bounded_context.application import reactions
from bounded_context.testing.functions import handler_of
from bounded_context_infra._parts.queues import MAX_RECEIVES
from bounded_context_infra.wiring.functions import standard_presets

from .. import functions as lambda_functions
from ..account import DEAD_LETTERS, TABLE, Account
from ..functions import Lambda
from ..history import History, Violation, Write
from ..outcome import Outcome, begun
from ..patches import attached
from ..profile import Profile
from ..requests.inbox import URL, VISIBILITY, Poller
from ..scheduler import EPOCH, LONGEST_FLIGHT, Activity, Key, Scheduler
from ..services.dynamodb.client import SimClient
from ..services.dynamodb.service import Service
from ..services.dynamodb.store import Change, Store
from ..services.dynamodb.table import SimTable
from ..services.sqs import Queue, SimSqs
from .claims import CLAIM, asked
from .invariants import AtWrite, at_rest
from .scenario import CANCELLED, REINSTATED, RENAMED, Call, News, Row, Scenario

LIST: Final = "LIST#list-1"
_ALIASES: Final = {
    "assess_claim": "verify_payment",
    "pay_claim": "delete_payment",
    "register_claim": "register_payment",
}
"""Functions of the default context whose timeout the commands have."""
_HANDLERS: Final[dict[str, Any]] = {"on_event": handler_of(CLAIM, "on_event")} | {
    alias: handler_of(CLAIM, name) for name, alias in _ALIASES.items()
}
_LIST_SECONDS: Final = 60
_BEFORE: Final = 25.0
"""Seconds after which no reaction has begun yet."""
_TYPES: Final = (CANCELLED, REINSTATED, RENAMED)
_OF_CLAIMS: Final = [kind.replace("Policy", "Claim") for kind in _TYPES]
_CONSUMES: Final = json.dumps(
    {"policy": {"aggregate": "policy", "created_by": [*_TYPES, *_OF_CLAIMS], "deleted_by": []}}
)
_VARIABLES: Final = {"TABLE_NAME": TABLE, "CONSUMES": _CONSUMES, "DEAD_LETTER_URL": DEAD_LETTERS, "INBOUND_URL": URL}


class ClaimAccount(Account):
    """The services of a schedule: the table has the index of the claims' policies, and there is an inbound queue."""

    def __init__(self, gate: Scheduler) -> None:
        super().__init__(gate)
        self.store = Store(TABLE, gate, {"by_policy_id": "policy_id"})
        self.service = Service(self.store, gate)
        self.table = SimTable(self.service)
        self.inbound = Queue(URL, gate, VISIBILITY, (self.dead_letters, MAX_RECEIVES))
        self._clients |= {
            "dynamodb": SimClient(self.service),
            "sqs": SimSqs([self.dead_letters, self.inbound], gate),
        }


class World:
    """A schedule."""

    def __init__(self, scheduler: Scheduler, scenario: Scenario, known: frozenset[str] = frozenset()) -> None:
        self.scheduler = scheduler
        self.scenario = scenario
        self.known = known
        self.account = ClaimAccount(scheduler)
        self.history = History()
        self.functions = Lambda(scheduler, lambda _: _VARIABLES, lambda name: _HANDLERS[name].__wrapped__.__wrapped__)
        queue, letters = self.account.inbound, self.account.dead_letters
        recursive = standard_presets(CLAIM)["on_event"].recursive
        poller = partial(Poller, scheduler, self.functions, queue, letters, recursive=recursive)
        self._pollers = [poller() for _ in range(scenario.pollers)]
        self._coming = sum(len(news.at) for news in scenario.news)
        self._changes = 0
        self._work: list[Activity] = []
        at_write = AtWrite(self)
        self.history.watchers.append(lambda write: self._check(partial(at_write, write)))
        scheduler.observers.append(self._observe)

    @property
    def undisturbed(self) -> bool:
        """Whether each message came once, no fault was injected, and nothing else changed a claim."""
        single = all(len(news.at) == 1 for news in self.scenario.news)
        doubled = any(message.received > 1 for message in self.account.inbound.sent)
        return single and not doubled and not self.scheduler.injected and not self.scenario.calls

    def run(self) -> None:
        """Run the schedule to rest, and check the invariants. Raises Violation."""
        asked.clear()
        for row in self.scenario.rows:
            self.account.table.put_item(Item=_item(row))
        self.account.store.commit(LIST, {"pk": LIST, "status": "IMPORTING"})
        self._observe(None, "")
        for news in self.scenario.news:
            for at in news.at:
                self._add("event", partial(self._send, news, at))
        for call in self.scenario.calls:
            self._add("caller", partial(self._call, call))
        self._add("list", self._close)
        for poller in self._pollers:
            self._add("poller", partial(poller.run, lambda: self._coming > 0))
        self.scheduler.spawn("operator", self._operate)
        self.scheduler.run()
        for violation in at_rest(self):
            if violation.name not in self.known:
                raise violation

    def _check(self, check: Any) -> None:
        try:
            check()
        except Violation as violation:
            if violation.name not in self.known:
                raise

    def _add(self, name: str, work: Any) -> None:
        self._work.append(self.scheduler.spawn(name, work))

    def _send(self, news: News, at: float) -> None:
        self.scheduler.sleep(at)
        event_type = self.scenario.type_of(news)
        attribute = {"DataType": "String", "StringValue": event_type}
        self.account.inbound.add(body_of(news, event_type), {"type": attribute})
        self._coming -= 1

    def _call(self, call: Call) -> None:
        if call.read:
            self.scheduler.sleep(_BEFORE)
            self.scheduler.wait_for(f"on_event:dynamodb.GetItem CLAIM#{call.claim}", call.at)
        else:
            self.scheduler.sleep(call.at)
        payload = {"claim_id": call.claim} | ({"policy_id": call.policy} if call.policy else {})
        message = {"idempotency_key": f"{call.function}-{call.claim}-{call.at}", "payload": payload}
        self.scheduler.join([self.functions.invoke(_ALIASES[call.function], message)])

    def _close(self) -> None:
        self.scheduler.sleep(self.scenario.closes)
        self.account.store.commit(LIST, {"pk": LIST, "status": "IMPORTED"})
        self._observe(None, "")

    def _operate(self) -> None:
        """Wait until everything has ended; then redrive the dead letters without faults."""
        while remaining := [activity for activity in self._work if not activity.done]:
            self.scheduler.join(remaining[:1])
        self.scheduler.calm = True
        self.scheduler.sleep(LONGEST_FLIGHT + 1)
        self._pollers[0].redrive()
        self._pollers[0].run()

    def _observe(self, me: Activity | None, _name: str) -> None:
        changes = self.account.store.changes
        while self._changes < len(changes):
            change: Change = changes[self._changes]
            self._changes += 1
            late = self.scheduler.late
            self.history.add(Write(change.key, change.old, change.new, me, change.at, "", "", late))


def body_of(news: News, event_type: str) -> str:
    """Return the body of an event's message."""
    return json.dumps(
        {
            "specversion": "1.0",
            "id": news.id,
            "source": "policy",
            "type": event_type,
            "subject": news.policy,
            "time": datetime.fromtimestamp(EPOCH, UTC).isoformat(),
            "sequence": f"{news.number:040d}",
            "hops": news.hops,
            "data": {"state": news.kind},
        }
    )


def _item(row: Row) -> dict[str, Any]:
    own = (
        {"list_id": LIST.removeprefix("LIST#"), "list_shard": f"{LIST.removeprefix('LIST#')}#00"} if row.listed else {}
    )
    return {
        "pk": f"CLAIM#{row.id}",
        "claim_id": row.id,
        "policy_id": row.policy,
        "status": row.status,
        "status_shard": f"{row.status}#00",
        "version": 1,
        **own,
    }


@contextmanager
def _sizes(scheduler: Scheduler, scenario: Scenario) -> Iterator[None]:
    spare = reactions.seconds_to_spare

    def short() -> float:
        return -1.0 if scheduler.chance(scenario.short) else spare()

    with ExitStack() as patched:
        for name, value in (("PAGE", scenario.page), ("LIST_SECONDS", _LIST_SECONDS), ("seconds_to_spare", short)):
            patched.enter_context(patch.object(reactions, name, value))
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
    with attached(scheduler, world.account), _sizes(scheduler, scenario):
        outcome.judge(scheduler, world.run)
    outcome.statuses = [item["status"] for key, item in sorted(world.account.store.items.items()) if "CLAIM" in key]
    return outcome


lambda_functions.load()
import_module("bounded_context.handlers.reactions")  # before the patches
