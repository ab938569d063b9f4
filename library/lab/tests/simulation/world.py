"""One schedule: a scenario's activities over the simulated account, run to rest and judged."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, Final
from unittest.mock import patch

from payment.context import PAYMENT

from bounded_context import ListApproval
from bounded_context.domain.lists import PinnedFile
from bounded_context_infra.configuration.project import list_workflow

from . import functions as lambda_functions
from . import profile as profiles
from .account import BUCKET, DEAD_LETTERS, TABLE, TOPIC, Account, MachineServices
from .callers import LANES, Caller, Inbound, Mapping, lane
from .closing import Operator
from .functions import Lambda
from .history import AGGREGATE, History, Sent, Stored, Violation, Write
from .invariants import CLOSED, AtRest, AtWrites
from .outcome import Outcome, begun
from .patches import attached
from .profile import Profile
from .scenario import PARTNER, SUBSCRIPTIONS, Scenario, Upload
from .scheduler import Activity, Key, Scheduler
from .services.dynamodb.store import Change
from .services.dynamodb.stream import record
from .workflow import Execution, Machine, substituted

_STEPS: Final = ("register_list", "validate_list", "import_list", "compensate_error")
_REDRIVES: Final = 6


@cache
def _definition(concurrency: int, approval: ListApproval | None) -> str:
    assert PAYMENT.approval == approval
    arns = {f"{name}_arn": name for name in _STEPS} | {"verification_arn": "verify_subscription"}
    values = {"inbox_bucket": BUCKET, "table_name": TABLE, "topic_arn": TOPIC}
    values |= dict.fromkeys(("import_concurrency", "verification_concurrency"), concurrency)
    return json.dumps(substituted(list_workflow(PAYMENT), {**arns, **values}))


class World:
    """A schedule. A part of the simulation with activities of its own has a subclass."""

    def __init__(self, scheduler: Scheduler, scenario: Scenario, known: frozenset[str] = frozenset()) -> None:
        self.scheduler = scheduler
        self.known = known
        self.scenario = scenario
        self.account = Account(scheduler)
        self.history = History()
        at_writes = AtWrites(self.history)
        self.history.watchers.append(lambda write: self._check(partial(at_writes, write)))
        self.functions = Lambda(scheduler, self._variables, self._handler)
        self.given_up: set[str] = set()
        self.versions: list[Stored] = []
        self.unseen: list[dict[str, Any]] = []
        definition = json.loads(_definition(scenario.concurrency, PAYMENT.approval))
        self.machine = Machine(definition, scheduler, MachineServices(self.account, self.functions, lambda: None))
        self._changes = 0
        self._finished = False
        self._relays: list[Activity] = []
        self._lanes: dict[int, list[dict[str, Any]]] = {number: [] for number in LANES}
        self._work: list[Activity] = []
        scheduler.observers.append(self._observe)

    @property
    def technical(self) -> bool:
        """Whether a fault was injected that may use up a state's retries."""
        injected = self.scheduler.injected & profiles.TECHNICAL
        return bool(injected) or bool(self.scheduler.profile.technical) or self.scenario.closed

    @property
    def undisturbed(self) -> bool:
        """Whether no fault was injected, and the functions' clocks are right."""
        return not (self.technical or self.scheduler.injected or self.scheduler.profile.skew)

    # Setting up.

    def run(self) -> None:
        """Run the schedule to rest, and check the invariants. Raises Violation."""
        self._prepare()
        for upload in self.scenario.uploads:
            self._add("upload", lambda upload=upload: self._upload(upload))
        for session in self._sessions():
            self._add("caller", self._caller(session).run)
        self._begin()
        self._relays = self._readers()
        self.scheduler.spawn("operator", self._operate)
        self.scheduler.run()
        for check in self._checks():
            self._check(check)

    def _caller(self, session: list[Sent]) -> Caller:
        """Return the caller of a session's commands."""
        return Caller(self.scheduler, self.functions, session)

    def _begin(self) -> None:
        """Start the activities besides uploads, commands and the relay."""
        for event in self.scenario.foreign:
            self._add("inbound", Inbound(self.scheduler, self.functions, event).run)

    def _checks(self) -> Iterator[Callable[[], None]]:
        """Yield the checks of the schedule at rest."""
        return AtRest(self.history, self).checks()

    def _handler(self, name: str) -> Callable[[Any, Any], Any]:
        """Return the handler of an invocation."""
        return lambda_functions.handler(name)

    def _settle(self) -> None:
        """Finish, without faults, the work besides the executions."""

    def _check(self, check: Callable[[], None]) -> None:
        try:
            check()
        except Violation as violation:
            if violation.name not in self.known:
                raise

    def _sessions(self) -> Iterator[list[Sent]]:
        self.history.sent = [Sent(order) for order in self.scenario.orders]
        for number in sorted({sent.order.session for sent in self.history.sent}):
            yield [sent for sent in self.history.sent if sent.order.session == number]

    def _add(self, name: str, work: Any) -> None:
        self._work.append(self.scheduler.spawn(name, work))

    def _prepare(self) -> None:
        for subject in SUBSCRIPTIONS:
            self.account.store.commit(f"SUBSCRIPTION#{subject}", {"pk": f"SUBSCRIPTION#{subject}", "status": "KNOWN"})
        for identity in self.scenario.existing:
            self.account.table.put_item(Item=_existing(identity))
        self._observe(None, "")

    def _readers(self) -> list[Activity]:
        """Start the readers of the stream."""
        return [self._relay(number) for number in LANES]

    def _relay(self, number: int) -> Activity:
        mapping = Mapping(
            self.scheduler,
            self.functions,
            lambda: self._lanes[number],
            self.scenario.batch,
            lambda: self._finished,
            self.given_up,
        )
        return self.scheduler.spawn(f"relay{number}", mapping.run)

    def _variables(self, _name: str) -> dict[str, str]:
        part_rows, share = self.scheduler.choose(self.scenario.settings)
        return {
            "TABLE_NAME": TABLE,
            "INBOX_BUCKET": BUCKET,
            "MAX_LIST_BYTES": "1000000",
            "TEMPORARY_NAMES": '[".part"]',
            "FORMATS": "{}",
            "PART_ROWS": str(part_rows),
            "TOLERATED_SHARE": share,
            "TOPIC_ARN": TOPIC,
            "IMPORT_TARGET_SECONDS": "3600",
            "CONSUMES": _CONSUMES,
            "DEAD_LETTER_URL": DEAD_LETTERS,
            "STATE_MACHINE_ARN": "arn:aws:states:eu-central-1:123456789012:stateMachine:list-import",
        }

    # Activities.

    def _upload(self, upload: Upload) -> None:
        self.scheduler.sleep(upload.at)
        key = f"incoming/{PARTNER}/{upload.name}"
        at = datetime.fromtimestamp(self.scheduler.now(), UTC)
        version = self.account.bucket.store(key, upload.body)
        etag = version.etag.strip('"')
        list_id = PinnedFile(BUCKET, key, version.id, len(upload.body)).list_id
        stored = Stored(upload, key, version.id, list_id, etag, version.modified.timestamp())
        self.versions.append(stored)
        self.history.stored[list_id] = stored
        for seconds in () if upload.form == "lost" else upload.announced:
            self.scheduler.sleep(seconds)
            self._work.append(self.machine.start(_announcement(upload, key, version.id, etag, at)))

    def _operate(self) -> None:
        """Wait until everything has ended; then redrive failed executions, without faults, and let the relay end."""
        self._await()
        self.scheduler.calm = True
        for _ in range(_REDRIVES):
            failed = [
                execution
                for execution in self.machine.executions
                if execution.status == "FAILED" and execution.error != "ListFailed"
            ]
            failed = [execution for execution in failed if not self._closed(execution)]
            if not failed:
                break
            for execution in failed:
                self._work.append(self.machine.redrive(execution))
            self._await()
        self._settle()
        # A sweep considers what has been there for a while.
        self.scheduler.sleep(1200)
        sweep = self.functions.invoke("sweep_uploads", {"unseen": {"seconds": 60}})
        self.scheduler.join([sweep])
        if sweep.error is not None:
            raise sweep.error
        self.unseen = sweep.result["unseen"]
        self._finished = True
        for relay in self._relays:
            self.scheduler.rouse(relay)

    def _closed(self, execution: Execution) -> bool:
        """Close the open list of an execution in place of a redrive; return whether there was one."""
        lists = self.history.lists().items() if self.scenario.closed else ()
        remaining = [key for key, item in lists if item["execution"] == execution.id and item["status"] not in CLOSED]
        for list_id in remaining:
            Operator(self.scheduler, self.account).close(list_id, execution.error)
            # The execution stays failed, as after the undo by the workflow.
            execution.error = "ListFailed"
        return bool(remaining)

    def _await(self) -> None:
        while remaining := [activity for activity in self._work if not activity.done]:
            self.scheduler.join(remaining[:1])

    # Observing.

    def _observe(self, me: Activity | None, _name: str) -> None:
        changes = self.account.store.changes
        while self._changes < len(changes):
            change = changes[self._changes]
            self._changes += 1
            self._note(me, change)

    def _note(self, me: Activity | None, change: Change) -> None:
        stream_record = record(self.account.store, change)
        number = stream_record["dynamodb"]["SequenceNumber"]
        if change.key.startswith(AGGREGATE):
            self._lanes[lane(change.key)].append(stream_record)
            for relay in self._relays:
                self.scheduler.rouse(relay)
        late = self.scheduler.late
        self.history.add(
            Write(change.key, change.old, change.new, me, change.at, number, stream_record["eventID"], late)
        )

    # Facts for the invariants.

    def _events(self) -> Iterator[dict[str, Any]]:
        for publication in self.account.topic.published:
            yield json.loads(publication.message)

    def list_events(self) -> list[dict[str, Any]]:
        """Return the published outcomes of lists."""
        return [event for event in self._events() if "List" in event["type"]]

    def aggregate_events(self) -> list[dict[str, Any]]:
        """Return the published changes of aggregates in their order."""
        return [event for event in self._events() if "List" not in event["type"]]

    def report(self, key: str) -> str | None:
        """Return the text of the report about a file of this key."""
        stored = self.account.bucket.current(PinnedFile(BUCKET, key, "", 0).report_key)
        return None if stored is None or stored.data is None else stored.data.decode()

    def expected_projection(self) -> dict[str, bool]:
        """Return which things of other contexts are known in the end."""
        newest = {event.subject: event for event in sorted(self.scenario.foreign, key=lambda event: event.number)}
        return {subject: event.known for subject, event in newest.items()}


_CONSUMES: Final = json.dumps(
    {
        "subscription": {
            "aggregate": "subscription",
            "created_by": ["SubscriptionRegistered"],
            "deleted_by": ["SubscriptionDeleted"],
        }
    }
)


def _existing(identity: str) -> dict[str, Any]:
    return {
        "pk": AGGREGATE + identity,
        "payment_id": identity,
        "subscription_id": "S-1",
        "amount": "30.00",
        "currency": "EUR",
        "due_date": "2026-05-01",
        "payer": "Ann",
        "status": "REGISTERED",
        "status_shard": "REGISTERED#00",
        "version": 1,
    }


def _announcement(upload: Upload, key: str, version: str, etag: str, at: datetime) -> dict[str, Any]:
    path = f"/{BUCKET}/{key}"
    times = {"start-timestamp": at.isoformat(), "end-timestamp": at.isoformat()}
    detail = {"username": PARTNER, "file-path": path, "bytes": len(upload.body), "etag": etag, **times}
    if upload.form == "s3":
        return {"bucket": BUCKET, "key": key, "version": version}
    if upload.form == "rename":
        return {"path": path, "detail": {"username": PARTNER, "renamed-file-path": path, **times}}
    if upload.form == "failed":
        return {"path": path, "failed": f"event-{version}", "detail": detail}
    return {"path": path, "detail": detail}


@cache
def _sized() -> tuple[tuple[Any, str, str], ...]:
    """Return the modules with a size of the import, its name there, and the scenario's field for it."""
    fields = {
        "CHUNK_ROWS": "chunk",
        "ROWS_AT_ONCE": "chunk",
        "ROWS_RECORDED": "chunk",
        "AT_ONCE": "at_once",
        "_AT_ONCE": "transaction",
        "RANGE_BYTES": "range_bytes",
    }
    modules = [module for name, module in sorted(sys.modules.items()) if name.startswith(_SIZED)]
    return tuple((module, name, field) for module in modules for name, field in fields.items() if name in vars(module))


_SIZED: Final = ("bounded_context.application", "bounded_context.adapters.dynamodb")


@contextmanager
def _sizes(scenario: Scenario) -> Iterator[None]:
    with ExitStack() as patched:
        for module, name, field in _sized():
            patched.enter_context(patch.object(module, name, getattr(scenario, field)))
        yield


def play(
    seed: int,
    scenario: Scenario,
    profile: Profile,
    kept: dict[Key, Any] | None = None,
    known: frozenset[str] = frozenset(),
    kind: type[World] = World,
) -> Outcome:
    """Run one schedule; with ``kept``, replay these choices. The patches have to be installed.

    Violations of ``known`` invariants are passed over. ``kind`` is the world of the schedule's part.
    """
    scheduler, outcome = begun(partial(play, kind=kind), seed, scenario, profile, kept)
    world = kind(scheduler, scenario, known)
    with attached(scheduler, world.account), _sizes(scenario):
        outcome.judge(scheduler, world.run)
    outcome.statuses = [record["status"] for record in world.history.lists().values()]
    return outcome


lambda_functions.load()
