"""The running context: what a partner, a caller, a subscriber or an operator could do with it, on this machine."""

import json
from collections.abc import Sequence
from typing import Any, Final

from ..project import Project
from . import executions
from .arrivals import Upload
from .aws import Aws
from .deploy import Deployment
from .doors import Doors
from .emulator import CALLS_AT_ONCE, WAIT_SCALE
from .errors import LocalRunError
from .executions import Ended
from .neighbour import Neighbour
from .observation.daemon import TraceDaemon
from .observation.watch import Watch
from .partner import Partner
from .samples import Samples
from .subscribers import Subscriber
from .table import Table

_STAND_INS: Final = (
    "codedeploy: a stand-in of this run acts out deployments, in minutes of a second, and needs no caller's permission",
    "dynamodb: the run writes INSERT statements as puts, by the function's role: the emulator's never reach the stream",
    "cloudwatch: alarms have minutes of a second, and the run sets those without data: the emulator leaves them",
    f"lambda: {CALLS_AT_ONCE} calls at once, not 1,000, as each is a process of this machine; more are turned away",
    "lambda: the layer's packages are unpacked once, and all functions read them there",
    "lambda: what a reader of the stream gives up is kept nowhere: the emulator writes to queues and topics alone",
    f"step functions: waits, those between two tries too, last {WAIT_SCALE:.0%} of their time, 60 s of it at most",
    "metrics: the run takes the functions' own from their logs and puts them to CloudWatch: the emulator does not",
    "other contexts: the run speaks for those that it hears of, on a topic that it makes where they have none",
    "x-ray: the run listens as the daemon and keeps what functions send: the emulator has no X-Ray",
)
_JOINED: Final = "emulator: another run has started it, and runs its deployments and its alarms without data"


class RunningContext:
    """The deployed context, its emulator, and those around it: its partner, its subscribers, its neighbours."""

    def __init__(
        self,
        project: Project,
        aws: Aws,
        deployment: Deployment,
        partner: Partner,
        traces: TraceDaemon,
        neighbours: list[Neighbour],
    ) -> None:
        """Begin to read the subscribers' queues, and to watch."""
        self.project = project
        self.context = project.context
        self.aws = aws
        self.emulator = aws.emulator
        self.deployment = deployment
        self.outputs = deployment.outputs
        self.partner = partner
        self.samples = Samples(self.context)
        self.table = Table(aws, self.outputs["table_name"], self.context)
        self.subscribers = [Subscriber(aws, name, url) for name, url in self.outputs["queues"].items()]
        self.traces = traces
        self.neighbours = neighbours
        self.watch = Watch(aws, deployment)
        self.doors = Doors(self.context.routes)

    def end(self) -> None:
        """Have the reading of queues and the watching end, and do not wait for it."""
        for subscriber in self.subscribers:
            subscriber.end()
        self.watch.end()

    def stop(self) -> None:
        """Wait for what `end` has ended: a second at most, as a reader waits at its queue if that is still there."""
        for subscriber in self.subscribers:
            subscriber.stop()
        self.watch.stop()

    @property
    def stand_ins(self) -> Sequence[str]:
        """What differs from AWS, a sentence each."""
        return (*self.partner.stand_ins, *_STAND_INS, *([_JOINED] if self.emulator.joined else []))

    def follow(self, uploaded: Upload, progress: executions.Progress | None = None) -> Ended:
        """Wait for the execution that an upload started, and for its end."""
        arn = executions.wait_for_next(self.aws, self.outputs["state_machine"], uploaded.path, uploaded.known)
        return executions.follow(self.aws, arn, progress)

    def least_received(self) -> int:
        """Return how many events the subscriber that has fewest has got."""
        return min((len(one.events) for one in self.subscribers), default=0)

    def invoke(self, function: str, message: object) -> Any:
        """Invoke a function by its alias and return its answer.

        Raises:
            LocalRunError: it ended with an error.
        """
        return invoke(self.aws, self.outputs["functions"][function], message)


def invoke(aws: Aws, alias_arn: str, message: object) -> Any:
    """Invoke a function, of whichever context, by its alias and return its answer.

    Raises:
        LocalRunError: it ended with an error.
    """
    answer = aws.call("lambda", "invoke", FunctionName=alias_arn, Payload=json.dumps(message).encode())
    payload = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        name = alias_arn.split(":")[6]
        raise LocalRunError(f"{name} failed: {payload}")
    return payload
