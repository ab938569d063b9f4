"""One schedule of lists that wait for an approval: persons decide at any moment, and their commands are killed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from random import Random
from types import SimpleNamespace
from typing import Any, Final

from botocore.exceptions import ClientError
from payment.context import PAYMENT

from bounded_context import ListApproval, ListTotals
from bounded_context.domain.faults import ListFault
from bounded_context.domain.lists import NOT_IN_TIME
from bounded_context_cli.command.aws_errors import Refusal
from bounded_context_operations.repair.approval import Approvals
from bounded_context_operations.repair.lists import ListStack

from . import profile, scenario
from .account import BUCKET, TABLE, TOPIC
from .history import AGGREGATE, Violation, Write
from .outcome import Outcome
from .scheduler import Activity, Scheduler
from .workflow import StatesError
from .world import World, play

_DAY: Final = 86400.0
_MOMENTS: Final = (2.0, 2.0, 60.0, 3600.0, 6.99 * _DAY, 7 * _DAY, 8 * _DAY)
"""Seconds until a person decides: before the list waits, while it waits, or after the timeout of 7 days."""
_VERIFIED: Final = "verify_subscription:dynamodb.UpdateItem"
"""The call after which a list waits, and its state has no token yet."""
_TRIES: Final = 3
_WEEK: Final = int(7 * _DAY - 900)
_NEVER: Final = 10**12
_SMALL: Final = 1
"""The valid rows of a list that needs no approval."""


def _needed(totals: ListTotals) -> bool:
    return totals.valid > _SMALL


@contextmanager
def approving() -> Iterator[None]:
    """Give the context of the simulation an approval."""
    object.__setattr__(PAYMENT, "approval", ListApproval(_needed))
    try:
        yield
    finally:
        object.__setattr__(PAYMENT, "approval", None)


@dataclass
class _Wait:
    activity: Activity | None = None
    answer: str | None = None


class Tokens:
    """The waiting states of the executions, and Step Functions as a person's command calls it."""

    def __init__(self, scheduler: Scheduler, world: World) -> None:
        self._scheduler, self._world = scheduler, world
        self._waits: dict[str, _Wait] = {}
        self._ended = set[str]()

    def wait(self, token: str, seconds: float) -> None:
        """Let the current execution wait for its token. Raises StatesError after a failure, or after the time."""
        me = self._scheduler.me
        assert me is not None
        # A token is valid from the call on that carries it: the answer may come before the call returns.
        wait = self._waits.setdefault(token, _Wait(me))
        wait.activity = me
        until = self._scheduler.clock + seconds
        while wait.answer is None and self._scheduler.clock < until:
            self._scheduler.sleep(until - self._scheduler.clock)
        self._ended.add(token)
        if wait.answer != "":
            raise StatesError(wait.answer or "States.Timeout")

    def send_task_success(self, taskToken: str, output: str) -> None:  # noqa: N803, ARG002
        """End a wait."""
        self._send("SendTaskSuccess", taskToken, "")

    def send_task_failure(self, taskToken: str, error: str, cause: str) -> None:  # noqa: N803, ARG002
        """End a wait by an error."""
        self._send("SendTaskFailure", taskToken, error)

    def _send(self, name: str, token: str, answer: str) -> None:
        self._scheduler.call(f"states.{name}", lambda: self._answer(name, token, answer))

    def _answer(self, name: str, token: str, answer: str) -> None:
        wait = self._waits.setdefault(token, _Wait())
        if token in self._ended or wait.answer is not None:
            raise ClientError({"Error": {"Code": "TaskTimedOut", "Message": token}}, name)
        wait.answer = answer
        if wait.activity:
            self._scheduler.rouse(wait.activity)

    def describe_execution(self, executionArn: str) -> dict[str, str]:  # noqa: N803
        """Return the status of an execution."""
        execution = next(known for known in self._world.machine.executions if known.id == executionArn)
        return {"status": execution.status, "error": execution.error}

    def get_caller_identity(self) -> dict[str, str]:
        """Return the person, after a moment in which another person may decide."""
        self._scheduler.sleep(0.05)
        me = self._scheduler.me
        return {"Arn": f"arn:aws:iam::123456789012:user/{me.name if me else ''}"}


class ApprovalsWorld(World):
    """A schedule of lists that wait."""

    def __init__(self, scheduler: Scheduler, scenario: Any, known: frozenset[str] = frozenset()) -> None:
        # A person may reject any list. The sweep at the end does not look at uploads that are weeks old.
        super().__init__(scheduler, scenario, known | {"wrong-outcome", "upload-unseen"})
        self.tokens = Tokens(scheduler, self)
        self.machine.wait = self.tokens.wait
        self.history.watchers.append(lambda write: self._check(partial(self._watch, write)))
        self._random = Random(scheduler.seed)  # noqa: S311
        self._people = 0

    def _begin(self) -> None:
        super()._begin()
        random = self._random
        people = random.choice((0, 1, 2, 2, 3))
        # Persons who decide at once race; others have a moment each.
        at_once = random.choice(_MOMENTS) + random.random() if random.random() < 0.5 else None
        for _ in range(people):
            moment = random.choice(_MOMENTS) + random.random() if at_once is None else at_once
            trigger = random.choice(("", _VERIFIED))
            reason = random.choice(("", "twice the usual total"))
            self._add("person", partial(self._person, moment, trigger, reason))

    def _person(self, moment: float, trigger: str, reason: str) -> None:
        """Decide about every list of the table at a moment. A command that fails or is killed runs again."""
        self.scheduler.wait_for(trigger, moment)
        for list_id in self.history.lists():
            for _ in range(_TRIES):
                self._people += 1
                work, until = partial(self._decide, list_id, reason), self.scheduler.clock + 600
                run = self.scheduler.spawn(f"approve{self._people}", work, function="approve", deadline=until)
                self.scheduler.join([run])
                if not run.dead and run.error is None:
                    break

    def _decide(self, list_id: str, reason: str) -> None:
        stack = ListStack("test", TABLE, BUCKET, TOPIC)
        clients = {"dynamodb": self.account.client("dynamodb"), "stepfunctions": self.tokens, "sts": self.tokens}
        try:
            Approvals(stack, clients.__getitem__, self._clock()).decide(list_id, reason)
        except Refusal:
            return

    def _clock(self) -> Any:
        return SimpleNamespace(now=lambda: datetime.fromtimestamp(self.scheduler.now(), UTC))

    def _watch(self, write: Write) -> None:
        """No row of a list that waits, or that a person has rejected, is written. A decision is not replaced."""
        earlier, later = ((item or {}).get("decided_by") for item in (write.before, write.after))
        if earlier and earlier != later:
            raise Violation("second-decision", f"{write.key} was decided by {earlier}, and then by {later}")
        if not write.key.startswith(AGGREGATE) or write.before is not None or write.after is None:
            return
        record = self.history.lists().get(str(write.after.get("list_id")), {})
        if record.get("waits_since") and (not record.get("decided_at") or record.get("code")):
            raise Violation("unapproved-row", f"{write.key} of a list that is {record['status']}")

    def _checks(self) -> Iterator[Callable[[], None]]:
        yield from super()._checks()
        for list_id, record in self.history.lists().items():
            yield partial(self._decided, list_id, record)

    def _decided(self, list_id: str, record: dict[str, Any]) -> None:
        waits, status, code = record.get("waits_since"), record["status"], record.get("code")
        if status == "IMPORTED" and (record["valid"] > _SMALL) != bool(waits and record.get("decided_by")):
            raise Violation("unapproved-list", f"{list_id[:6]} is imported with {record['valid']} rows")
        if waits and not record.get("decided_by") and status == "IMPORTED":
            raise Violation("unapproved-list", f"{list_id[:6]} has no decision")
        if waits and not record.get("decided_by") and code != ListFault.NOT_APPROVED and not self.technical:
            raise Violation("no-timeout", f"{list_id[:6]} is {status} {code}")
        if code == ListFault.NOT_APPROVED and (status != "REJECTED" or not waits):
            raise Violation("not-rejected", f"{list_id[:6]} is {status}, and waits since {waits}")
        late = waits and record.get("decided_at", _NEVER) - waits > _WEEK
        if self.undisturbed and record.get("reason") == NOT_IN_TIME and not late:
            raise Violation("approval-lost", f"{list_id[:6]} was approved by {record['decided_by']}")


def run(seed: int, known: frozenset[str] = frozenset()) -> Outcome:
    """Run the schedule of a seed. The patches have to be installed."""
    random = Random(seed)  # noqa: S311
    chosen = scenario.drawn(random)
    faults = profile.drawn(random, heavy=chosen.heavy)
    with approving():
        return play(seed, chosen, faults, known=known, kind=ApprovalsWorld)
