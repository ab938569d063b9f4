"""The running context: what a partner, a caller, a subscriber or an operator could do with it, on this machine."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from . import executions, metrics
from .arrivals import Upload
from .aws import Aws
from .codedeploy import running_codedeploy
from .deploy import Deployment, deploy, ssm
from .deploy.program import Progress, stack_config
from .doors import Doors
from .emulator import CALLS_AT_ONCE, Emulator, running_emulator
from .endpoints import Endpoints
from .environment import emulator_python
from .errors import LocalRunError
from .executions import Ended
from .neighbour import Neighbour, neighbours
from .observation.daemon import TraceDaemon, listening
from .observation.watch import Watch
from .partner import ARRIVALS, Partner, PartnerSide, new_partner, settings_for
from .samples import known_references
from .subscribers import Subscriber
from infra.context import AGGREGATE, CONTEXT, OWNER, REFERENCES
from infra.labels import Labels
from infra.package import PackageError, build_local

PROGRAM = Path(__file__).parent.parent / "infra" / "service"
STACK = "local"
WRITE_BATCH = 25
AGGREGATE_KEY = f"{CONTEXT.upper()}#"
REFERENCE_KEYS = tuple(f"{name.upper()}#" for name in REFERENCES)
LIST_KEY = "LIST#"
STAND_INS = (
    *ARRIVALS,
    "codedeploy: a stand-in of this run lives deployments, in minutes of a second, and asks no caller for permission",
    "cloudwatch: alarms have minutes of a second, and the run sets those without data: the emulator leaves them",
    f"lambda: {CALLS_AT_ONCE} calls at once, not 1,000, as each is a process of this machine; more are turned away",
    "metrics: the run takes the functions' own from their logs and puts them to CloudWatch: the emulator does not",
    "other contexts: the run speaks for those that it hears of, on a topic that it makes where they have none",
    "x-ray: the run listens as the daemon and keeps what functions send: the emulator has no X-Ray",
)
JOINED = "emulator: another run has started it, and lives its deployments and its alarms without data"

Stage = Callable[[str], AbstractContextManager[Any]]
Item = dict[str, Any]
NO_SETTINGS: Mapping[str, object] = {}


class RunningContext(PartnerSide):
    """The deployed context and its emulator."""

    def __init__(
        self,
        emulator: Emulator,
        aws: Aws,
        deployment: Deployment,
        partner: Partner,
        traces: TraceDaemon,
        neighbours: list[Neighbour],
    ) -> None:
        """Begin to read the subscribers' queues, and to watch."""
        super().__init__(emulator, aws, deployment.outputs, partner)
        self.deployment = deployment
        self.subscribers = [Subscriber(aws, name, url) for name, url in self.outputs["queues"].items()]
        self.traces = traces
        self.neighbours = neighbours
        self.watch = Watch(aws, deployment)
        self.doors = Doors()

    def close(self) -> None:
        """Stop reading the queues, and watching."""
        self.watch.stop()
        for subscriber in self.subscribers:
            subscriber.stop()

    # -- the workflow

    def follow(self, uploaded: Upload, progress: executions.Progress = lambda _: None) -> Ended:
        """Wait for the execution that an upload started, and for its end."""
        arn = executions.wait_for_next(self.aws, self.outputs["state_machine"], uploaded.path, uploaded.known)
        return executions.follow(self.aws, arn, progress)

    # -- the table

    def list_item(self, list_id: str) -> Item:
        """Return a list's record."""
        key = {"pk": {"S": f"{LIST_KEY}{list_id}"}}
        return _plain(self.aws.call("dynamodb", "get_item", TableName=self._table, Key=key)["Item"])

    def imported(self, list_id: str) -> int:
        """Count the aggregates in the table that a list brought, whatever its record says."""
        return sum(page["Count"] for page in self._scan(list_id, Select="COUNT"))

    def references(self) -> list[Item]:
        """Return the items of the projection: what the context was told of what its rows refer to."""
        return [_plain(item) for kind in REFERENCE_KEYS for page in self._of_kind(kind) for item in page["Items"]]

    def imported_items(self, list_id: str) -> list[Item]:
        """Return the aggregates in the table that a list brought, as their items."""
        found = [_plain(item) for page in self._scan(list_id) for item in page["Items"]]
        return sorted(found, key=lambda item: item["pk"])

    def item_of(self, identity: str) -> Item | None:
        """Return an aggregate's item; None if it is not in the table."""
        key = {"pk": {"S": f"{AGGREGATE_KEY}{identity}"}}
        found = self.aws.call("dynamodb", "get_item", TableName=self._table, Key=key).get("Item")
        return found and _plain(found)

    def _of_kind(self, kind: str) -> Iterator[dict[str, Any]]:
        yield from (
            self.aws.client("dynamodb")
            .get_paginator("scan")
            .paginate(
                TableName=self._table,
                ConsistentRead=True,
                FilterExpression="begins_with(pk, :kind)",
                ExpressionAttributeValues={":kind": {"S": kind}},
            )
        )

    def _scan(self, list_id: str, **more: object) -> Iterator[dict[str, Any]]:
        pages = self.aws.client("dynamodb").get_paginator("scan")
        yield from pages.paginate(
            TableName=self._table,
            ConsistentRead=True,
            FilterExpression="begins_with(pk, :kind) AND list_id = :list_id",
            ExpressionAttributeValues={":kind": {"S": AGGREGATE_KEY}, ":list_id": {"S": list_id}},
            **more,
        )

    def know_references(self, identities: Iterable[str]) -> None:
        """Put into the projection what rows refer to, unless something is known of it, also that it is gone.

        Directly, and not by events: a list refers to thousands, which would be the most of a run's time. That events do
        the same is what tests/e2e/test_inbound.py is for.
        """
        keys = [f"{kind}{identity}" for kind in REFERENCE_KEYS for identity in identities]
        for start in range(0, len(keys), WRITE_BATCH):
            self._put_missing(keys[start : start + WRITE_BATCH])

    def _put_missing(self, keys: list[str]) -> None:
        asked = {"Keys": [{"pk": {"S": key}} for key in keys], "ProjectionExpression": "pk"}
        found = self.aws.call("dynamodb", "batch_get_item", RequestItems={self._table: asked})["Responses"]
        missing = set(keys) - {item["pk"]["S"] for item in found[self._table]}
        puts = [{"PutRequest": {"Item": {"pk": {"S": key}, "status": {"S": "ACTIVE"}}}} for key in sorted(missing)]
        if puts:
            self.aws.call("dynamodb", "batch_write_item", RequestItems={self._table: puts})

    def projected(self, thing: str, subject: str) -> Item | None:
        """Return what the context keeps of another one's thing; None if nothing."""
        key = {"pk": {"S": f"{thing.upper()}#{subject}"}}
        found = self.aws.call("dynamodb", "get_item", TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return found and _plain(found)

    @property
    def _table(self) -> str:
        return self.outputs["table_name"]

    # -- the subscribers

    def least_received(self) -> int:
        """Return how many events the subscriber that has fewest has got."""
        return min((len(one.events) for one in self.subscribers), default=0)

    # -- a caller

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


@contextmanager
def running_context(
    stage: Stage = nullcontext,
    progress: Progress = lambda *_: None,
    settings: Mapping[str, object] = NO_SETTINGS,
    join: Endpoints | None = None,
) -> Iterator[RunningContext]:
    """Start an emulator, deploy the context onto it, yield it, and stop all of it, whatever happens in between.

    On an emulator that is joined, what was deployed stays until the run that started it ends.

    Args:
        stage: gives a context manager for each stage by its name: "package", "emulator", "deploy".
        progress: told the type and name of each resource that was made.
        settings: stack settings of this run alone, such as `{"max_list_mb": 1}`.
        join: another context's run, whose emulator is taken instead of a new one, in its region.

    Raises:
        LocalRunError: one of them failed; the message says why.
    """
    with ExitStack() as running:
        with stage("package"):
            _package()
        with stage("emulator"):
            traces = running.enter_context(listening())
            aws = running.enter_context(_joined(join, traces) if join else _started(traces))
        with stage("deploy"):
            context = _deployed(aws, traces, progress, settings)
        running.callback(context.close)
        yield context


def _package() -> None:
    try:
        build_local(emulator_python())
    except PackageError as error:
        raise LocalRunError(str(error)) from error


@contextmanager
def _started(traces: TraceDaemon) -> Iterator[Aws]:
    """Start an emulator, and what runs beside it."""
    region = stack_config(PROGRAM, STACK)["aws:region"]
    with running_emulator(region, traces.address) as emulator:
        aws = Aws(emulator)
        with _releases(aws):
            yield aws


@contextmanager
def _joined(run: Endpoints, traces: TraceDaemon) -> Iterator[Aws]:
    """Take the emulator of another run."""
    aws = Aws(replace(run.emulator, trace_address=traces.address, joined=True))
    if problem := _in_the_way(aws):
        raise LocalRunError(problem)
    yield aws


def _in_the_way(aws: Aws) -> str:
    """Return why this context cannot be deployed onto an emulator that others are on; empty if it can.

    Names have the context in them: two contexts are no trouble to one another, one context twice is.
    """
    labels = Labels(CONTEXT, STACK, OWNER)
    if labels.name("table") in aws.call("dynamodb", "list_tables")["TableNames"]:
        return (
            f"{AGGREGATE} is on that emulator already, and what a run deploys there stays: end the run that began it, "
            "start that again, and join it once."
        )
    if ssm.found(aws, labels.parameter("topic-arn")) is not None:
        return (
            f"Another run stands in for {AGGREGATE} on that emulator, to hear of it: start {AGGREGATE} first, and let "
            "that one join."
        )
    return ""


@contextmanager
def _releases(aws: Aws) -> Iterator[None]:
    """Run what a release needs and the emulator lacks."""

    def act_as(role: str) -> Callable[[str], Any]:
        return aws.acting_as(role).client

    port = aws.emulator.codedeploy_port
    with running_codedeploy(act_as, aws.region, aws.account, port=port), metrics.treating_missing_data(aws):
        yield


def _deployed(aws: Aws, traces: TraceDaemon, progress: Progress, settings: Mapping[str, object]) -> RunningContext:
    partner = new_partner()
    heard = neighbours(aws, _own_settings(settings))
    for neighbour in heard:
        neighbour.stand_in(STACK)
    deployment = deploy(aws, PROGRAM, STACK, {**settings_for(partner), **settings}, progress)
    deployment.adapted += (*STAND_INS, JOINED) if aws.emulator.joined else STAND_INS
    context = RunningContext(aws.emulator, aws, deployment, partner, traces, heard)
    if not aws.emulator.joined:  # there, other contexts may tell of them
        context.know_references(known_references())
    return context


def _own_settings(settings: Mapping[str, object]) -> dict[str, str]:
    """Return the stack's settings with those of this run, as text and without their namespace."""
    file = {name.removeprefix(f"{CONTEXT}:"): value for name, value in stack_config(PROGRAM, STACK).items()}
    return file | {name: value if isinstance(value, str) else json.dumps(value) for name, value in settings.items()}


def _plain(item: Mapping[str, Any]) -> Item:
    """Return an item's values as Python's own."""
    read = TypeDeserializer().deserialize
    return {name: read(value) for name, value in item.items()}
