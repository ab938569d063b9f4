"""Additional actions of a run, which exercise the other parts of the context: calls, a bad row, an event.

They are requests to the HTTP API, or messages to the functions if the stack has no API.
"""

import csv
import gzip
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from io import BytesIO, StringIO
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ValidationError

from bounded_context.application.reading import GZIP, FileSource
from bounded_context.declaration.context import Context
from bounded_context.declaration.structure import EXPORT_FILES, MEET_DEADLINES
from bounded_context.domain.aggregate import AlreadyExists, NotFound
from bounded_context.domain.exports import OUTGOING, control_key, file_of
from bounded_context.domain.formats import PLAIN, FileFormat
from bounded_context.domain.rows import Unreadable
from bounded_context_cli.programs.pulumi_files import LOCAL
from bounded_context_cli.programs.stack_settings import settings_of

from .actors.caller import http_request
from .actors.partner import Partner
from .emulator.clock import until
from .running.context import RunningContext, api_owner
from .stack_state import FAILED

if TYPE_CHECKING:
    from .actors.partner_server import PartnerServer

_SEED: Final = 999
"""Seed of the sample for the command. No sample list contains its identity."""


@dataclass(frozen=True)
class ActionResult:
    """The request, the answer, and a sentence about the problem; empty without a problem.

    ``event`` is the type of the event that the request publishes, if the action follows it to the subscribers.
    """

    sent: str
    back: str
    problem: str = ""
    event: str = ""

    def as_json(self) -> dict[str, str]:
        """Return the result in the form that `--json` prints."""
        return {name: text for name, text in asdict(self).items() if text and name != "event"}


@dataclass(frozen=True)
class _Answer:
    """A request and its answer, in words. `code` is the error code of a rejection, else empty."""

    request: str
    code: str
    text: str


ORDER: Final = ("creates", "adds", "changes", "deletes")
"""The kinds of commands in an order in which an aggregate accepts them."""

Send = Callable[[str, Mapping[str, Any]], _Answer]
"""Sends a payload to a function, by its name."""


def calls(running: RunningContext) -> Iterator[ActionResult]:
    """Send the three calls and yield their results. Send no call if a field of the team rejects the sample."""
    create = next(command.function for command in running.context.commands if command.kind == "creates")
    try:
        payload = _sample(running)
    except ValidationError:
        yield ActionResult(create, "not sent: a field's own rule rejects the sample")
        return
    yield from _create_twice(running, create, payload)


def transitions(running: RunningContext) -> Iterator[ActionResult]:
    """Create an aggregate, send each command that its status allows, and yield the answers.

    A refusal by a rule of the team ends the calls: later commands may depend on the refused command.
    """
    context, send = running.context, _sender(running)
    try:
        payload, status = _sample(running, _SEED + 1), None
    except ValidationError:
        return
    for command in sorted(context.commands, key=lambda declared: ORDER.index(declared.kind)):
        if command.kind != "creates" and status not in command.after:
            continue
        message = payload if command.kind == "creates" else change(context, command.model, payload)
        answer = send(command.function, message)
        refused = answer.code and answer.code not in {error.code for error in context.errors_of(command)}
        problem = f"{answer.request}: the answer is {answer.text!r} instead of success." if refused else ""
        yield ActionResult(answer.request, answer.text, problem, command.event if not answer.code else "")
        if answer.code:
            return
        status = status if command.kind == "adds" else command.status


def change(context: Context[Any], model: type[BaseModel], payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the message of a command on the aggregate of a payload, with sample arguments."""
    from bounded_context_cli.contracts.published import good

    example = model.model_validate(good(model)).model_dump(mode="json", exclude_none=True)
    return example | {context.identity: payload[context.identity]}


def _sample(running: RunningContext, seed: int = _SEED) -> dict[str, Any]:
    [row] = running.samples.rows(1, seed)
    details = running.context.details.model_validate(dict(zip(running.samples.columns, row, strict=True)))
    return details.model_dump(mode="json", exclude_none=True)


def _create_twice(running: RunningContext, create: str, payload: dict[str, Any]) -> Iterator[ActionResult]:
    context, send = running.context, _sender(running)
    first, again = send(create, payload), send(create, payload)
    query = send(context.get_function, {context.identity: payload[context.identity]})
    # A rule of the team may reject the sample: then the second call is rejected too, and the query finds nothing.
    own = first.code in {error.code for error in context.errors_of(context.creating)}
    expected = (first.code, first.code, NotFound.code) if own else ("", AlreadyExists.code, "")
    requests = (first.request, f"{again.request} again", query.request)
    event = "" if first.code else context.creating.event
    answers = zip(requests, (first, again, query), expected, (event, "", ""), strict=True)
    for request, answer, code, published in answers:
        problem = f"{request}: the answer is {answer.text!r} instead of {code or 'success'}."
        yield ActionResult(request, answer.text, "" if answer.code == code else problem, published)


def _sender(running: RunningContext) -> Send:
    return _over_http(running) if running.outputs.get("api") else _by_message(running)


def _over_http(running: RunningContext) -> Send:
    """Return a function that sends API requests, signed as the account's root user."""
    caller, routes = api_owner(running), running.context.routes

    def send(function: str, payload: Mapping[str, Any]) -> _Answer:
        method, path, body = http_request(routes[function], payload)
        answer = caller.send(method, path, body or None)
        # Answers of API Gateway itself have no code.
        code = "" if answer.status < 400 else str(answer.json.get("code", "failed"))
        return _Answer(f"{method} {path}", code, f"{answer.status} {code or answer.json.get('status', '')}".strip())

    return send


def _by_message(running: RunningContext) -> Send:
    """Return a function that invokes functions directly, and raises LocalRunError if a function fails."""
    context = running.context

    def send(function: str, payload: Mapping[str, Any]) -> _Answer:
        keyed = {"idempotency_key": str(uuid.uuid4())} if function in context.command_functions else {}
        answer = running.invoke(function, {"payload": dict(payload), **keyed})
        code = "" if answer["ok"] else str(answer["error"]["code"])
        text = f"refused {code}" if code else f"ok {answer[context.name].get('status', '')}".strip()
        return _Answer(f"{function} {payload[context.identity]}", code, text)

    return send


Action = Callable[[RunningContext], Iterable[ActionResult]]

BAD_LIST: Final = "one-bad-row.csv"
EVENT_SECONDS: Final = 60.0
_CONCURRENT: Final = 3


class AdditionalActions:
    """The additional actions of a run."""

    def __init__(self, running: RunningContext, pool: ThreadPoolExecutor) -> None:
        """Start the calls, and publish an event of another context."""
        self._running = running
        self._pool = pool
        self._calls, self._event = self._start(calls), self._start(foreign_event)
        self._later: list[Future[list[ActionResult]]] = []

    def list_ended(self) -> None:
        """Upload a second list, and call the scheduled functions meanwhile.

        The second list waits for the first, so it uses the started functions instead of starting new ones.
        """
        self._later = [self._start(bad_row), self._start(schedules)]
        if self._running.context.exports:
            self._later.append(self._start(exports))

    def results(self) -> list[ActionResult]:
        """Wait for all actions, and return their results.

        Raises:
            LocalRunError: a function failed, or an import has not ended in time.
        """
        return [result for future in (self._calls, *self._later, self._event) for result in future.result()]

    def _start(self, action: Action) -> Future[list[ActionResult]]:
        return self._pool.submit(lambda: list(action(self._running)))


@contextmanager
def started(running: RunningContext) -> Iterator[AdditionalActions]:
    """Start the actions that need not wait for the list. Cancel pending actions at the end of the block."""
    pool = ThreadPoolExecutor(_CONCURRENT, thread_name_prefix="additions")
    try:
        yield AdditionalActions(running, pool)
    finally:
        # Running actions end by themselves: an interrupted run stops its emulator, and their calls fail.
        pool.shutdown(wait=False, cancel_futures=True)


def bad_row(running: RunningContext) -> Iterator[ActionResult]:
    """Upload a list with one invalid row, which is rejected with a report. Yield the reasons in the report."""
    partner = running.partner
    execution = running.follow(partner.upload(BAD_LIST, running.samples.bad_document()))
    request = f"{BAD_LIST} {partner.transport}"
    if execution.outcome == FAILED:
        yield ActionResult(request, FAILED, f"{BAD_LIST} ended as {FAILED}: {execution.error}.")
        return
    rows = [row for row in csv.DictReader(StringIO(partner.report(BAD_LIST), newline="")) if row["line"]]
    reasons = "; ".join(f"line {row['line']}, {row['field']}: {row['reason'].partition(': ')[0]}" for row in rows)
    problem = "" if rows else f"The report on {BAD_LIST} names no row."
    yield ActionResult(request, f"{execution.outcome}, {reasons}", problem)


def foreign_event(running: RunningContext) -> Iterator[ActionResult]:
    """Publish an event of a consumed context, and yield its projection. Skip it on a joined emulator."""
    ours = [neighbour for neighbour in running.neighbours if neighbour.consumes.account_id is None]
    if not ours or running.emulator.joined:
        return
    neighbour, consumes = ours[0], ours[0].consumes
    subject = f"{consumes.aggregate}-1"
    neighbour.publish_event(consumes.created_by[0], subject)
    request = f"{consumes.created_by[0]} by {neighbour.name}"
    if item := until(lambda: running.table.projected(consumes.aggregate, subject), EVENT_SECONDS):
        yield ActionResult(request, f"{subject} is stored as {item['status']}")
        return
    problem = f"{request}: the context stored nothing within {EVENT_SECONDS:.0f} s."
    yield ActionResult(request, "nothing is stored", problem)


def schedules(running: RunningContext) -> Iterator[ActionResult]:
    """Call the scheduled functions, because a run ends before their first schedule is due."""
    of_lists = (
        ("watch_lists", "the oldest unfinished list is {seconds:.0f} s old"),
        ("sweep_uploads", "{uploads} unseen uploads"),
    )
    without = (("watch_mappings", "{mappings} event source mappings fail"),)
    of_deadlines = ((MEET_DEADLINES, "{met} deadlines met"),) if running.context.deadlines else ()
    for function, answer in (*(of_lists if running.context.has_lists else without), *of_deadlines):
        yield ActionResult(f"{function}, as its schedule", answer.format_map(running.invoke(function, {})))


def archives(running: RunningContext) -> Iterator[ActionResult]:
    """Query the archives, and yield the number of events in their views, and of their files.

    A view has each event once, also if SNS or Firehose has delivered it twice. Without another subscriber, no number of
    events is expected.
    """
    filters = settings_of(running.project, LOCAL).filters
    received = [subscriber.received for subscriber in running.subscribers]
    for analyst in running.analysts:
        types = filters.get(analyst.name, running.context.events)
        ids = ({each.event["id"] for each in events if each.event["type"] in types} for events in received)
        expected = max(map(len, ids), default=0)
        until(lambda analyst=analyst, expected=expected: analyst.events() >= expected, EVENT_SECONDS, 1.0)
        count, files, errors = analyst.events(), analyst.files(), analyst.files("errors/")
        lacking = f"the archive {analyst.name} has {count} of {expected} events." if count < expected else ""
        problem = f"Firehose could not convert events of {analyst.name}: {errors[0]}." if errors else lacking
        yield ActionResult(f"SQL on the archive {analyst.name}", f"{count:,} events in {len(files)} files", problem)


_LINES: Final = 3
"""The first lines of an exported file that the run shows."""


def exports(running: RunningContext) -> Iterator[ActionResult]:
    """Call the function of exports as each schedule does, and let each partner fetch its file."""
    for export in running.context.exports:
        answer = running.invoke(EXPORT_FILES, {"export": export.name})
        problem = f"{export.name}: {answer['failed']} files failed: see the log of {EXPORT_FILES}."
        request = f"{EXPORT_FILES}, as the schedule of {export.name}"
        yield ActionResult(request, f"{answer['prepared']} files prepared", problem if answer["failed"] else "")
        for name in export.partners:
            partner, server = running.partner.named(name), running.servers.get(name)
            form = running.formats.get(name, PLAIN)
            for file in [file for file in partner.outgoing() if file_of(running.context.name, [export], file)][-1:]:
                yield _sent(running, name, server, file, form) if server else _fetched(partner, file, form)
    if not running.outputs["sftp"] and not running.servers:
        return
    if not until(lambda: running.invoke(EXPORT_FILES, {})["unfetched"] == 0, EVENT_SECONDS):
        problem = f"{EXPORT_FILES} noted no download and no transfer within {EVENT_SECONDS:.0f} s."
        yield ActionResult("event of a download or a transfer", "nothing is noted", problem)


def _fetched(partner: Partner, name: str, format_: FileFormat) -> ActionResult:
    """Fetch a file, and show its beginning."""
    return ActionResult(f"/{OUTGOING}/{name} of {partner.name}", _shown(partner.fetch(name), format_))


def _sent(
    running: RunningContext, partner: str, server: "PartnerServer", name: str, format_: FileFormat
) -> ActionResult:
    """Wait until a partner's own server has a file and its control file, and show its beginning."""
    until(lambda: running.invoke(EXPORT_FILES, {}) and control_key(name) in server.files(), EVENT_SECONDS)
    files, request = server.files(), f"{server.directory}/{name} on the server of {partner}"
    if control_key(name) in files:
        return ActionResult(request, _shown(files[name], format_))
    lacking = control_key(name) if name in files else name
    return ActionResult(request, "nothing is sent", f"The server of {partner} has no {lacking}: context exports local.")


def _shown(data: bytes, format_: FileFormat) -> str:
    """Return the size and the first lines of a file, or the cells of its first rows if it has no lines."""
    lines = (gzip.decompress(data) if data.startswith(GZIP) else data).splitlines()
    texts = [line.decode(errors="replace") for line in lines[:_LINES]]
    if format_.kind in ("xml", "xlsx"):
        texts = []
        with suppress(Unreadable):
            texts += [",".join(each.cells) for each in islice(FileSource(BytesIO(data)).records(format_), _LINES)]
    return f"{len(data):,} bytes: {' / '.join(texts)}"


__all__ = ["ActionResult", "AdditionalActions", "started"]
