"""The running context, with the clients of its partner, callers, subscribers and operators."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from bounded_context.application.checks import SMOKE
from bounded_context_cli.command.errors import LocalRunError
from bounded_context_infra.configuration.project import Project

from .. import executions
from ..actors import caller
from ..actors.neighbour import Neighbour
from ..actors.partner import Partner
from ..actors.subscriber import Subscriber
from ..api_requests import ApiRequests
from ..emulator.aws import Aws
from ..emulator.process import CALLS_AT_ONCE, WAIT_SCALE
from ..emulator.queue_calls import QueueCalls
from ..executions import Ended
from ..observation.watch import Watch
from ..provider import Deployment
from ..sample_lists import Samples
from ..stand_ins.x_ray import TraceDaemon
from ..table import Table
from ..uploads import Upload

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
    ) -> None:
        """Start to read the subscribers' queues and to collect metrics."""
        self.project = project
        self.context = project.context
        self.aws = aws
        self.emulator = aws.emulator
        self.deployment = deployment
        self.outputs = deployment.outputs
        self.partner = partner
        self.samples = Samples(self.context)
        self.table = Table(aws, self.outputs["table_name"], self.context)
        calls = QueueCalls(aws)
        self.subscribers = [Subscriber(calls, name, url) for name, url in self.outputs["queues"].items()]
        self.traces = traces
        self.neighbours = neighbours
        self.systems: Mapping[str, str] = {}
        self.watch = Watch(aws, deployment)
        self.api_requests = ApiRequests(self.context.routes)

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
        return (*self.partner.stand_ins, *_STAND_INS)

    def follow(self, uploaded: Upload, progress: executions.Progress | None = None) -> Ended:
        """Wait for the start and the end of the execution that an upload starts.

        Behind the malware gate, the upload and its scan start an execution each. One of them has nothing to do.
        """
        machine, known = self.outputs["state_machine"], uploaded.known
        arn = executions.wait_for_next(self.aws, machine, uploaded.path, known)
        ended = executions.follow(self.aws, arn, progress)
        if self.partner.scanner is None or ended.outcome not in _NOTHING_TO_DO:
            return ended
        arn = executions.wait_for_next(self.aws, machine, uploaded.path, [*known, arn])
        return executions.follow(self.aws, arn, progress)

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
