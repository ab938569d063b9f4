"""The work during a fault, from a seed: lists, commands, queries, schedules, and events of other contexts."""

import json
import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event
from typing import Any, Final
from urllib.parse import urlencode

from botocore.exceptions import ClientError

from bounded_context import Context
from bounded_context.declaration.structure import EXPORT_FILES, MEET_DEADLINES
from bounded_context.domain.aggregate import Unavailable
from bounded_context_cli.command.output import LocalRunError
from bounded_context_local.actors.caller import http_request, invoke
from bounded_context_local.actors.partner import INCOMING, SftpPartner
from bounded_context_local.additions import change
from bounded_context_local.emulator.aws import UNANSWERED
from bounded_context_local.emulator.clock import MINUTE_SECONDS, repeated
from bounded_context_local.running.context import RunningContext, api_owner
from bounded_context_local.stack_state import Upload

ROWS: Final = 20
_IDENTITIES: Final = 3
_OF_COMMANDS: Final = 500_000
"""Added to the seed of the lists' rows."""
_PAUSE: Final = 0.5

SCHEDULED: Final = {"watch_lists": 1, "sweep_uploads": 15, MEET_DEADLINES: 15, EXPORT_FILES: 15}
"""The scheduled functions, with the minutes between their calls."""

Announce = Callable[[list[Upload]], None]
"""Causes the events of uploads that are stored and have no event yet."""


@dataclass(frozen=True)
class Refusal:
    """The final answer of a command's own rule, which refuses the sample arguments."""

    code: str


@dataclass
class Accepted:
    """The accepted work: the event types of each aggregate in order, the identities of each list, the subjects."""

    types: dict[str, list[str]] = field(default_factory=dict)
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The identities by file name. A list without identities is rejected: its row is bad, or its upload broke off."""
    subjects: dict[str, str] = field(default_factory=dict)
    """The expected status of each aggregate of another context."""
    unanswered: dict[str, str] = field(default_factory=dict)
    """Calls that are not answered yet, with the last failure. Their callers repeat them."""
    different: list[str] = field(default_factory=list)
    """Calls whose repetition was answered in another way."""


class Load:
    """The load of one fault. A seed gives the same work; its identities belong to no other seed."""

    def __init__(
        self, running: RunningContext, seed: int, *, twice: str = "", broken: bool = False, bad_event: bool = False
    ) -> None:
        """Prepare the work, without a call.

        Args:
            running: the running context.
            seed: the seed.
            twice: a function whose callers send each request two times.
            broken: whether the uploads break off, so their lists are rejected.
            bad_event: whether one of the events is malformed.
        """
        self.accepted = Accepted()
        self.contents: dict[str, bytes] = {}
        self.uploads: list[Upload] = []
        self._running = running
        self._dice = random.Random(seed)  # noqa: S311  samples, not secrets
        self._seed = seed
        self._twice = twice
        self._broken, self.bad_event = broken, bad_event
        self._ended = Event()
        self._send = self._over_http if running.outputs.get("api") else self._by_message

    @contextmanager
    def started(self, announce: Announce | None = None) -> Iterator[None]:
        """Upload the lists, and send the other work. Callers repeat failed calls until the block ends.

        `announce` causes the events of the uploads; by default, an upload causes its event.
        """
        self._prepare_lists()
        with ExitStack() as ending, ThreadPoolExecutor(_IDENTITIES + 1, thread_name_prefix="load") as pool:
            ending.callback(self._ended.set)
            lives = [pool.submit(self._live, number) for number in range(_IDENTITIES)]
            self._upload(announce)
            self._publish()
            yield
            self._ended.set()
            for life in lives:
                life.result()

    def _prepare_lists(self) -> None:
        samples, good, bad = self._running.samples, f"storm-{self._seed}.csv", f"storm-{self._seed}-bad.csv"
        rows = samples.rows(ROWS, self._seed)
        column = list(samples.columns).index(samples.identity)
        self.accepted.lists = {good: () if self._broken else tuple(row[column] for row in rows), bad: ()}
        self.contents = {good: samples.document(ROWS, self._seed), bad: samples.bad_document()}

    def _upload(self, announce: Announce | None) -> None:
        partner = self._running.partner
        if announce is None or not isinstance(partner, SftpPartner):
            self.uploads = [partner.upload(name, content) for name, content in self.contents.items()]
            return
        for name, content in self.contents.items():
            partner.sftp.write(partner.login, f"{INCOMING}/{name}", content)
            self.uploads.append(partner.store(name))
        announce(self.uploads)

    def upload_again(self, name: str) -> None:
        """Upload a file again, as its partner does on request."""
        self.uploads.append(self._running.partner.upload(name, self.contents[name]))

    def _publish(self) -> None:
        """Publish the creation of two aggregates of each other context, and the deletion of one."""
        for neighbour in self._running.neighbours:
            consumes = neighbour.consumes
            existing, deleted = (f"{consumes.aggregate}-{self._seed}-{number}" for number in (1, 2))
            for subject in (existing, deleted):
                neighbour.publish_event(consumes.created_by[0], subject, 1)
            if self.bad_event:
                neighbour.publish(json.dumps({"type": consumes.created_by[0]}), consumes.created_by[0])
            if consumes.deleted_by:
                neighbour.publish_event(consumes.deleted_by[0], deleted, 2)
            status = "GONE" if consumes.deleted_by else "KNOWN"
            self.accepted.subjects |= {
                f"{consumes.aggregate} {existing}": "KNOWN",
                f"{consumes.aggregate} {deleted}": status,
            }

    def _live(self, number: int) -> None:
        """Create an aggregate and query it. Change the second and third aggregate, and delete the third."""
        context = self._running.context
        row = self._running.samples.rows(_IDENTITIES, self._seed + _OF_COMMANDS)[number]
        payload = _details(self._running, row)
        identity = {context.identity: payload[context.identity]}
        kinds = ("creates", "adds", "changes", "deletes")
        status = None
        for command in sorted(context.commands, key=lambda command: kinds.index(command.kind)):
            message = payload if command.kind == "creates" else change(context, command.model, payload)
            if command.kind not in kinds[: number + 2] or (status and status not in command.after):
                continue
            answer = self._perform(command.function, message)
            if answer is None:
                return
            if not isinstance(answer, Refusal):
                self.accepted.types.setdefault(payload[context.identity], []).append(command.event)
                status = command.status or status
        if number == 0:
            self._perform(context.get_function, identity)
            for query in context.queries[1:]:
                self._perform(query, selection(context, query, payload))

    def _perform(self, function: str, payload: Mapping[str, Any]) -> Any:
        """Repeat a call until it is answered, and return the answer; None if the load ended before."""
        key = str(uuid.UUID(int=self._dice.getrandbits(128)))
        call = f"{function} {next(iter(payload.values()))}"
        self.accepted.unanswered[call] = "not sent"
        answer = self._answer(function, payload, key, call)
        if answer is not None:
            if function == self._twice and self._answer(function, payload, key, call) != answer:
                self.accepted.different.append(call)
            del self.accepted.unanswered[call]
        return answer

    def _answer(self, function: str, payload: Mapping[str, Any], key: str, call: str) -> Any:
        """Return the answer, or None if the load ends before. Each attempt has the same key."""
        while True:
            try:
                return self._send(function, payload, key)
            except (*UNANSWERED, LocalRunError, ValueError) as error:
                self.accepted.unanswered[call] = str(error)
            if self._ended.wait(_PAUSE):
                return None

    def _over_http(self, function: str, payload: Mapping[str, Any], key: str) -> Any:
        method, path, parameters = http_request(self._running.context.routes[function], payload)
        path, body = (f"{path}?{urlencode(parameters)}", None) if method == "GET" else (path, parameters or None)
        answer = api_owner(self._running).send(method, path, body, {"Idempotency-Key": key})
        # A repeated deletion may find that the first attempt has deleted the aggregate.
        deleted = method == "DELETE" and answer.status == 404
        if answer.status >= 400 and not deleted:
            code = answer.json.get("code") if answer.status < 500 else None
            return self._refusal(function, code, f"{answer.status} {answer.body.decode(errors='replace')}")
        return answer.json if answer.body else {}

    def _by_message(self, function: str, payload: Mapping[str, Any], key: str) -> Any:
        context = self._running.context
        keyed = {"idempotency_key": key} if function in context.command_functions else {}
        answer = self._running.invoke(function, {"payload": dict(payload), **keyed})
        if not answer["ok"]:
            return self._refusal(function, answer["error"]["code"], answer["error"]["code"])
        return answer.get(context.name, {})

    def _refusal(self, function: str, code: str | None, text: str) -> Refusal:
        """Return the refusal of a command by its own rule. Raises LocalRunError with the text for other errors."""
        context = self._running.context
        changing = [command for command in context.commands if command.kind != "creates"]
        errors = [error for command in changing if command.function == function for error in context.errors_of(command)]
        # A creation obeys the rules of samples, and a system that does not answer may answer later.
        if code not in {error.code for error in errors if not issubclass(error, Unavailable)}:
            raise LocalRunError(text)
        return Refusal(str(code))


def selection(context: Context[Any], query: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload of a query for children of an aggregate, or of a list query with few results or none."""
    if query in context.child_queries:
        return {context.identity: payload[context.identity]}
    key = context.conditions[0]
    special = {"list": {"list_id": "0" * 32}, "status": {"status": context.initial_status}}
    return special.get(key) or {key: payload[key]}


def _details(running: RunningContext, row: list[str]) -> dict[str, Any]:
    details = running.context.details.model_validate(dict(zip(running.samples.columns, row, strict=True)))
    return details.model_dump(mode="json", exclude_none=True)


@dataclass
class Schedules:
    """The scheduled functions, called at intervals in local minutes. `times` is the number of calls at a time.

    `failing` contains the functions whose last call failed or is missing.
    """

    running: RunningContext
    times: Mapping[str, int] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    _began: datetime = field(default_factory=lambda: datetime.now(UTC))

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Call the functions until the block ends."""
        self.failing |= {function for function, times in self.times.items() if not times}
        with ExitStack() as ending:
            deployed = {name: SCHEDULED[name] for name in SCHEDULED if name in self.running.outputs["functions"]}
            for function, minutes in deployed.items():
                call = partial(self._call, function)
                ending.enter_context(repeated(function, minutes * MINUTE_SECONDS, call, at_once=True))
            yield

    def _call(self, function: str) -> None:
        results = [self._answers(function) for _ in range(self.times.get(function, 1))]
        (self.failing.discard if results and all(results) else self.failing.add)(function)

    def _answers(self, function: str) -> bool:
        alias = self.running.outputs["functions"][function]
        try:
            return not invoke(self.running.aws, alias, {"time": self._now()}).failed
        except (ClientError, *UNANSWERED):
            return False

    def _now(self) -> str:
        """Return the time of a schedule: a local minute lasts a second."""
        minutes = (datetime.now(UTC) - self._began) / timedelta(minutes=1) * 60
        return (self._began + timedelta(minutes=minutes / MINUTE_SECONDS)).isoformat()


def wait(condition: Callable[[], object], seconds: float) -> float | None:
    """Return the seconds until the condition holds, or None if it does not hold in time."""
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        if condition():
            return time.monotonic() - started
        time.sleep(_PAUSE)
    return None
