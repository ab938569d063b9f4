"""The running context, with the clients of its actors, its observations and its result."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from bounded_context.declaration.entry_points import SMOKE
from bounded_context.domain.formats import PLAIN, FileFormat
from bounded_context.domain.lists import Failure
from bounded_context_cli.command.operation import SystemClock
from bounded_context_cli.command.output import LocalRunError
from bounded_context_infra.configuration.project import Project
from bounded_context_infra.configuration.routes import all_routes

from .. import stack_state
from ..actors import caller
from ..actors.analyst import Analyst
from ..actors.caller import ApiCaller, Sign, signature
from ..actors.partner import Partner
from ..actors.subscriber import Neighbour, Subscriber
from ..emulator.aws import Aws, QueueCalls
from ..emulator.process import CALLS_AT_ONCE, WAIT_SCALE
from ..observation import invocations, messages
from ..observation.invocations import ApiRequests
from ..observation.logs import LogLine, Sample, calls, own_metrics
from ..observation.messages import Watch
from ..observation.metric_checks import OF_AWS
from ..provider import Deployment
from ..provider.program import STACK
from ..sample_lists import Samples
from ..stack_state import FAILED, WAITING, Ended, Table, Upload
from ..stand_ins import Document, TraceDaemon

if TYPE_CHECKING:
    from bounded_context_operations.repair.lists import ListStack

    from ..actors.partner_server import PartnerServer

_STAND_INS: Final = (
    "codedeploy: an extension of the emulator executes deployments 60 times faster",
    "dynamodb: patches of the emulator write INSERT statements to the table's stream, and check their IAM actions",
    "cloudwatch: alarm periods run 60 times faster, and a patch of the emulator evaluates dimensions and missing data",
    f"lambda: {CALLS_AT_ONCE} concurrent calls, not 1,000, because each is a process; further calls are throttled",
    "lambda: the layer's packages are unpacked once, for all functions",
    "lambda: stream batches with exhausted retries are lost: the emulator writes them only to queues and topics",
    f"step functions: waits last {WAIT_SCALE:.0%} of their time, retry intervals {WAIT_SCALE:.0%} of at most 60 s",
    "metrics: the run reads custom metrics from the functions' logs and puts them to CloudWatch; the emulator does not",
    "other contexts: the run publishes the events of consumed contexts, on a topic that it creates if they have none",
    "x-ray: the run listens as the daemon and stores the functions' traces, because the emulator has no X-Ray",
)
_SENT: Final = (
    "transfer: an extension of the emulator is the connector; a server of the run stands in for the partner's"
)
NO_FORMATS: Final[Mapping[str, FileFormat]] = {}
_NOTHING_TO_DO: Final = ("ALREADY_REGISTERED", "IGNORED")


class RunningContext:
    """The deployed context, its emulator, its partner, its subscribers, and the contexts whose events it consumes."""

    def __init__(
        self,
        project: Project,
        aws: Aws,
        deployment: Deployment,
        partner: Partner,
        traces: TraceDaemon,
        neighbours: list[Neighbour],
        formats: Mapping[str, FileFormat] = NO_FORMATS,
    ) -> None:
        """Start to read the subscribers' queues and to collect metrics."""
        self.project = project
        self.context = project.context
        self.aws = aws
        self.emulator = aws.emulator
        self.deployment = deployment
        self.outputs = deployment.outputs
        self.partner = partner
        self.formats = formats
        self.samples = Samples(self.context, formats.get(partner.name, PLAIN))
        self.table = Table(aws, self.outputs["table_name"], self.context)
        calls = QueueCalls(aws)
        self.subscribers = [Subscriber(calls, name, url) for name, url in self.outputs["queues"].items()]
        archives: Mapping[str, Mapping[str, str]] = self.outputs.get("archives", {})
        self.analysts = [Analyst(aws, name, described) for name, described in archives.items()]
        self.traces = traces
        self.neighbours = neighbours
        self.systems: Mapping[str, str] = {}
        self.servers: Mapping[str, PartnerServer] = {}
        self.watch = Watch(aws, deployment)
        self.api_requests = ApiRequests(all_routes(self.context))

    def end(self) -> None:
        """Signal the readers of queues and metrics to stop, without waiting."""
        for subscriber in self.subscribers:
            subscriber.end()
        self.watch.end()

    def stop(self) -> None:
        """Stop the readers, and wait for their end: at most one second, the duration of a long poll."""
        for subscriber in self.subscribers:
            subscriber.stop()
        self.watch.stop()

    @property
    def stand_ins(self) -> Sequence[str]:
        """The differences of this run from AWS, a sentence each."""
        return (*self.partner.stand_ins, *_STAND_INS, *((_SENT,) if self.servers else ()))

    def follow(
        self,
        uploaded: Upload,
        progress: stack_state.Progress | None = None,
        decide: Callable[[str], object] | None = None,
    ) -> Ended:
        """Wait for the start and the end of the execution that an upload starts.

        Behind the malware gate, the upload and its scan start an execution each. One of them has nothing to do.
        `decide` is called with the id of a list that waits for an approval; by default, the list is approved.
        """
        execution = self.follow_until_wait(uploaded, progress)
        if execution.outcome != WAITING:
            return execution
        (decide or self.decide)(execution.list_id or "")
        return stack_state.follow(self.aws, execution.arn, progress)

    def decide(self, list_id: str, reason: str = "") -> None:
        """Approve a list that waits for an approval, or reject it with a reason, as the account's root user."""
        from bounded_context_operations.repair.approval import Approvals

        Approvals(self.list_stack, lambda service, **_: self.aws.client(service), SystemClock()).decide(list_id, reason)

    @property
    def list_stack(self) -> "ListStack":
        """The table, the inbox, the topic and the state machine, for the commands that operate a stack."""
        from bounded_context_operations.repair.lists import ListStack

        names = ("table_name", "inbox_bucket", "topic_arn", "state_machine")
        return ListStack(STACK, *(self.outputs[name] for name in names))

    def follow_until_wait(self, uploaded: Upload, progress: stack_state.Progress | None = None) -> Ended:
        """Wait for the end of the execution that an upload starts, or until its list waits for an approval."""
        machine, earlier = self.outputs["state_machine"], uploaded.earlier
        arn = stack_state.wait_for_next(self.aws, machine, uploaded.path, earlier)
        execution = stack_state.follow(self.aws, arn, progress, self.waiting)
        if self.partner.scanner is None or execution.outcome not in _NOTHING_TO_DO:
            return execution
        arn = stack_state.wait_for_next(self.aws, machine, uploaded.path, [*earlier, arn])
        return stack_state.follow(self.aws, arn, progress, self.waiting)

    def waiting(self, execution: str) -> str:
        """Return the id of an execution's list if it waits for an approval, or an empty text."""
        return self.table.waiting(execution) if self.context.approval else ""

    def least_received(self) -> int:
        """Return the number of events of the subscriber that has received the fewest."""
        return min((len(subscriber.received) for subscriber in self.subscribers), default=0)

    def invoke(self, function: str, message: object) -> Any:
        """Invoke a function of the context by its alias, and return the result.

        Raises:
            LocalRunError: the function ended with an error.
        """
        return invoke(self.aws, self.outputs["functions"][function], message)

    def read_late_lines(self, function: str) -> None:
        """Read the log lines of earlier calls of a function that the emulator has not returned yet.

        The emulator waits 50 ms for the lines of a call (MiniStack 1.5.33, `_drain_stderr_bounded`). On a busy machine,
        some arrive later, and it returns them with the next call: here a smoke check, which has no effect. A function
        that does not answer has no lines.
        """
        with suppress(LocalRunError):
            self.invoke(function, dict(SMOKE.event))
        self.watch.poll()


def invoke(aws: Aws, alias_arn: str, message: object) -> Any:
    """Invoke a function of any context by the ARN of its alias, and return the result.

    Raises:
        LocalRunError: the function ended with an error.
    """
    call = caller.invoke(aws, alias_arn, message)
    if call.failed:
        raise LocalRunError(f"{alias_arn.split(':')[6]} failed: {call.answer}")
    return call.answer


def api_owner(running: RunningContext) -> ApiCaller:
    """Return a caller that signs as the account's root user, which has all permissions."""
    emulator = running.emulator
    return api_caller(running, signature(emulator.region, emulator.access_key, emulator.secret_key))


def api_caller(running: RunningContext, sign: Sign) -> ApiCaller:
    """Return a caller of a running context's API."""
    return ApiCaller(running.outputs["api"]["url"], sign, running.api_requests.answered.append)


QUIET_SECONDS = 2.0
LONGEST_SECONDS = 30.0


@dataclass(frozen=True)
class Observation:
    """Log lines of all functions, metric samples (the functions' and AWS's), and trace documents.

    `rejected` has the reasons for rejected trace datagrams.
    """

    lines: Sequence[LogLine]
    samples: Sequence[Sample]
    documents: Sequence[Document]
    rejected: Sequence[str]


def of_functions(running: RunningContext) -> list[Sample]:
    """Return the samples of the functions' own metrics so far. Raises LocalRunError."""
    running.watch.poll()
    return list(own_metrics(running.watch.logs.lines))


def collect(running: RunningContext) -> Observation:
    """Return the observation so far. A function's lines arrive after its call.

    Raises:
        LocalRunError: polling the queues and logs failed.
    """
    running.watch.poll()
    lines = sorted(running.watch.logs.lines, key=lambda line: line.time)
    documents = list(running.traces.documents)
    own = list(own_metrics(lines))
    samples = [*own, *_aws_samples(running, lines, own, documents)]
    return Observation(lines, samples, documents, list(running.traces.rejected))


def _aws_samples(
    running: RunningContext, lines: Sequence[LogLine], own: Sequence[Sample], documents: Sequence[Document]
) -> Iterator[Sample]:
    aws, outputs, now = running.aws, running.outputs, time.time()
    completed = calls(lines)
    received = {subscriber.url: list(subscriber.received) for subscriber in running.subscribers}
    aliases: Mapping[str, str] = outputs["functions"]
    samples = list(invocations.lambda_samples(completed, aliases))
    yield from samples
    yield from invocations.throttles(aws, aliases, now)
    yield from invocations.unknown_ages(aws, aliases, samples, now)
    machine = outputs.get("state_machine")
    runs = invocations.executions(aws, machine) if machine else []
    if machine:
        yield from invocations.states_samples(machine, runs)
    yield from messages.sqs_samples(
        running.watch.queues.samples, {url.rpartition("/")[2]: receptions for url, receptions in received.items()}
    )
    histories = (stack_state.history(aws, execution["executionArn"]) for execution in runs)
    yield from messages.sns_samples(outputs["topic_arn"], own, histories, received, now)
    yield from invocations.dynamodb_samples(outputs["table_name"], documents, now)
    yield from messages.events_samples(aws, running.partner.sent, now)
    yield from messages.scheduler_samples(aws, completed, outputs["functions"], now)
    yield from running.api_requests.samples(outputs, now)
    if outputs.get("sftp"):
        yield from messages.transfer_samples(outputs["sftp"]["server_id"], running.partner.uploads)


def settled(
    running: RunningContext, quiet: float = QUIET_SECONDS, longest: float = LONGEST_SECONDS
) -> Sequence[Sample]:
    """Return all samples after the context's own metrics are unchanged for `quiet` seconds, at most `longest` seconds.

    AWS's metrics are ignored in the comparison, because the queues are measured continuously.
    """
    end, samples = time.monotonic() + longest, collect(running).samples
    while time.monotonic() < end:
        time.sleep(quiet)
        before, samples = samples, collect(running).samples
        if _own(samples) == _own(before):
            break
    return samples


def _own(samples: Sequence[Sample]) -> int:
    return sum(not sample.namespace.startswith(OF_AWS) for sample in samples)


IMPORTED = "IMPORTED"
REJECTED = "REJECTED"


@dataclass(frozen=True)
class Rows:
    """Numbers of rows: `uploaded` is counted in the file, `imported` in the table."""

    uploaded: int
    valid: int
    rejected: int
    imported: int


@dataclass(frozen=True)
class RunResult:
    """The numbers of a run.

    `own_event` is the expected type of the event about the list itself. `stages` contains the seconds of each stage,
    `cause` the reason of a failure or rejection, `report` the partner's report. `failure` is the operator's report of
    a failed list, if the workflow recorded it. `approved` names who approved a list that waited.
    """

    rows: Rows
    events: dict[str, Counter[str]]
    outcome: str
    own_event: str
    not_emulated: list[str]
    adapted: list[str]
    stages: dict[str, float] = field(default_factory=dict)
    cause: str = ""
    report: str = ""
    failure: Failure | None = None
    approved: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the result in the form that `--json` prints."""
        failure = {"failure": self.failure.facts()} if self.failure else {}
        approved = {"approved": self.approved} if self.approved else {}
        told = {"reason": self.cause, "report": self.report.splitlines()} if self.cause or self.report else {}
        return (
            failure
            | approved
            | told
            | {
                "rows": vars(self.rows),
                "events": {name: received.total() for name, received in self.events.items()},
                "outcome": self.outcome,
                "not_emulated": self.not_emulated,
                "stages": {name: round(seconds, 2) for name, seconds in self.stages.items()},
            }
        )

    def problems(self) -> list[str]:
        """Return a sentence for each number that differs from the expected number."""
        if self.outcome not in (IMPORTED, REJECTED):
            return [f"The list ended as {self.outcome}: {self.failure.text if self.failure else self.cause}."]
        return [*_row_problems(self), *_event_problems(self)]


def read_result(
    running: RunningContext,
    execution: Ended,
    uploaded: int,
    imported: int,
    events: dict[str, Counter[str]],
    stages: dict[str, float],
) -> RunResult:
    """Read the other numbers of a list from its record.

    `uploaded` rows are in the file and `imported` rows in the table. `events` are the received events by type.
    """
    record = running.table.list_item(execution.list_id) if execution.list_id else {}
    # The record of a file that is rejected as a whole has no counts: all of its rows are rejected.
    valid, rejected = int(record.get("valid", 0)), int(record.get("rejected", uploaded))
    failure = Failure.of(record.get("failure"))
    own_event, rejection_event = running.context.list_events
    return RunResult(
        rows=Rows(uploaded, valid, rejected, imported),
        events=events,
        outcome=execution.outcome,
        own_event=own_event if execution.outcome == IMPORTED else rejection_event,
        not_emulated=running.deployment.not_emulated,
        adapted=running.deployment.adapted,
        stages=stages,
        cause=execution.error if execution.outcome == FAILED and not failure else str(record.get("reason", "")),
        report=running.partner.report(str(record["key"]).rpartition("/")[2])
        if record and (rejected or "reason" in record)
        else "",
        failure=failure,
        approved=str(record.get("decided_by", "")),
    )


def expected_events(execution: Ended, imported: int) -> int:
    """Return the minimum number of events for each subscriber: an event for each row, and an event for the list."""
    return imported + 1 if execution.outcome == IMPORTED else 1


def _row_problems(result: RunResult) -> list[str]:
    rows, problems = result.rows, list[str]()
    if rows.uploaded != rows.valid + rows.rejected:
        problems.append(f"{rows.uploaded} rows were uploaded, but {rows.valid} are valid and {rows.rejected} rejected.")
    expected = rows.valid if result.outcome == IMPORTED else 0
    if rows.imported != expected:
        problems.append(f"{rows.imported} rows of the list are in the table, {expected} are expected.")
    return problems


def _event_problems(result: RunResult) -> list[str]:
    problems: list[str] = []
    for name, received in result.events.items():
        if received[result.own_event] != 1:
            problems.append(f"{name} received {received[result.own_event]} events {result.own_event} instead of 1.")
        if result.outcome == IMPORTED and received.total() != result.rows.imported + 1:
            problems.append(f"{name} received {received.total()} events instead of {result.rows.imported + 1}.")
    return problems
