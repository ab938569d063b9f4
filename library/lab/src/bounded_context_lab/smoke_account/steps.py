"""The steps of the test, in order. The last step always destroys the stack."""

import json
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Final

from botocore.exceptions import ClientError

from bounded_context.declaration.context import Context
from bounded_context_cli.command.aws_errors import AWS_ERRORS, Refusal, code, sentence
from bounded_context_cli.command.output import LocalRunError
from bounded_context_cli.package import PackageError
from bounded_context_local.actors.caller import invoke
from bounded_context_local.actors.partner import NAME as PARTNER
from bounded_context_local.actors.subscriber import Subscriber
from bounded_context_local.emulator.clock import until
from bounded_context_local.rehearsal import acts
from bounded_context_local.rehearsal.acts import cannot_start, works
from bounded_context_local.sample_lists import Samples
from bounded_context_local.stack_state import Table
from bounded_context_platform.temporary_stacks.kinds import Failed

from .worlds import World

ROWS: Final = 10

_FILE: Final = "ten-rows.csv"
_PROBE: Final = "knock.tmp"
"""A file with a temporary name. It starts an execution, which ignores the file."""

_PROBE_SECONDS: Final = 15.0
_SEED: Final = 12
_POLL: Final = 0.2


def check_import(world: World, context: Context[Any], outputs: Mapping[str, Any]) -> str:
    """Upload ten valid rows, and wait for the report. Raises Failed if the rows were not imported."""
    samples = Samples(context)
    Table(world.aws, outputs["table_name"], context).know_references(samples.known_references())
    _wait_for_first_event(world, outputs)
    world.send(_FILE, samples.document(ROWS, _SEED))
    report = until(lambda: _report(world, outputs), world.patience, _POLL)
    if report is None:
        raise Failed(f"no report came on {_FILE} within {world.patience:.0f} s.")
    if wrong := report.splitlines()[1:]:
        raise Failed(f"the rows were not imported; the first line of the report is {wrong[0]!r}.")
    return f"reports/{PARTNER}/{_FILE}.report.csv has no faults"


def check_commands(world: World, context: Context[Any], outputs: Mapping[str, Any]) -> str:
    """Create an aggregate for each of the ten rows, in a context without lists. Raises Failed for a refusal."""
    samples, alias = Samples(context), outputs["functions"][context.creating.function]
    for row in samples.rows(ROWS, _SEED):
        details = context.details.model_validate(dict(zip(samples.columns, row, strict=True)))
        payload = details.model_dump(mode="json", exclude_none=True)
        command = invoke(world.aws, alias, {"idempotency_key": details.id, "payload": payload})
        if command.failed or not command.answer["ok"]:
            raise Failed(f"{context.creating.name} was not executed: {command.answer}.")
    return f"{ROWS} answers of {context.creating.name}"


def check_events(world: World, context: Context[Any], outputs: Mapping[str, Any]) -> str:
    """Wait for an event of each row in each queue, then check the dead-letter queues. Raises Failed."""
    expected = {
        row[list(Samples(context).columns).index(context.identity)] for row in Samples(context).rows(ROWS, _SEED)
    }
    kind, readers = context.event_by_status[context.initial_status], world.subscribers()
    if not until(lambda: all(_received(reader, kind) >= expected for reader in readers), world.patience, _POLL):
        counts = ", ".join(f"{reader.name} {len(_received(reader, kind) & expected)}" for reader in readers)
        raise Failed(f"of {ROWS} events came in {world.patience:.0f} s: {counts}. {_dead(world, outputs)}")
    if dead := _dead(world, outputs):
        raise Failed(dead)
    return f"{', '.join(reader.name for reader in readers) or 'no subscriber'}: {ROWS} each; no dead letters"


def _wait_for_first_event(world: World, outputs: Mapping[str, Any]) -> None:
    """Wait until an upload starts an execution. Raises Failed.

    A new bucket sends no events to EventBridge for around five minutes (S3 User Guide, "Enabling Amazon EventBridge").
    """
    before = _executions(world, outputs)
    for _ in range(ceil(world.patience / _PROBE_SECONDS)):
        world.send(_PROBE, b"whatever")
        if until(lambda: _executions(world, outputs) - before, _PROBE_SECONDS, _POLL):
            return
    raise Failed(
        f"no upload started an execution within {world.patience:.0f} s: check the rule, its target and its role."
    )


def _executions(world: World, outputs: Mapping[str, Any]) -> set[str]:
    machine = outputs["state_machine"]
    executions = world.aws.call("stepfunctions", "list_executions", stateMachineArn=machine)["executions"]
    return {execution["executionArn"] for execution in executions}


def _report(world: World, outputs: Mapping[str, Any]) -> str | None:
    key = f"reports/{PARTNER}/{_FILE}.report.csv"
    try:
        response = world.aws.call("s3", "get_object", Bucket=outputs["inbox_bucket"], Key=key)
    except ClientError as error:
        if code(error) == "NoSuchKey":
            return None
        raise
    return response["Body"].read().decode()


def _received(reader: Subscriber, kind: str) -> set[str]:
    if reader.failure:
        raise Failed(f"the queue of {reader.name} cannot be read: {reader.failure}")
    return {event["subject"] for event in list(reader.events) if event["type"] == kind}


def _dead(world: World, outputs: Mapping[str, Any]) -> str:
    """Return a sentence with the dead-letter queues that are not empty; empty if all are empty."""
    counts = {name: _count(world, url) for name, url in outputs["dead_letter_queues"].items()}
    nonempty = ", ".join(f"{count} in {name}" for name, count in counts.items() if count)
    return f"There are dead letters: {nonempty}." if nonempty else ""


def _count(world: World, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = world.aws.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(attributes[name]) for name in names)


def check_bad_version(world: World, context: Context[Any], outputs: Mapping[str, Any]) -> str:
    """Release a version that cannot start. Raises Failed unless it is rolled back and the version before is live."""
    command = _Command(world, context, outputs)
    before = command.live()
    published = command.publish(cannot_start)
    why = command.release((1, "rolled back"), f"version {published}, which cannot start, was not rolled back")
    command.require_live(before)
    return f"version {published} of {command.name} was rolled back: {why}"


def check_good_version(world: World, context: Context[Any], outputs: Mapping[str, Any]) -> str:
    """Release a working version. Raises Failed unless it has all traffic and answers."""
    command = _Command(world, context, outputs)
    published = command.publish(works)
    command.release((0, "succeeded"), f"version {published}, which works, was not released")
    command.require_live(published)
    return f"version {published} of {command.name} has all traffic"


class _Command:
    """The context's first command in the stack."""

    def __init__(self, world: World, context: Context[Any], outputs: Mapping[str, Any]) -> None:
        self.name = context.command_functions[0]
        self._world = world
        self._file = f"{context.name}/context.py"
        self._alias_arn: str = outputs["functions"][self.name]
        *_, self._function, self._alias = self._alias_arn.split(":")

    def publish(self, change: Callable[[str], str]) -> str:
        """Publish a version with changed sources, wait until it can be invoked, and return its number."""
        aws, code = self._world.aws, self._world.code
        changed = change(acts.source_of(code, self._file))
        published = acts.publish(aws, self._function, code, self._file, changed)
        aws.client("lambda").get_waiter("function_updated_v2").wait(FunctionName=self._function)
        return published

    def release(self, expected: tuple[int, str], problem: str) -> str:
        """Release the version, and return the driver's reason. Raises Failed for another exit status or result."""
        status, report = self._world.release()
        if "functions" not in report:
            raise Failed(f"the rollout was refused: {report.get('why')}")
        [part] = [part for part in report["functions"] if part["name"] == self.name]
        if (status, part["result"]) != expected:
            raise Failed(f"{problem}: {part['result']}, {part['why']}")
        return part["why"]

    def live(self) -> str:
        """Return the version with all traffic, or all versions that share the traffic."""
        alias = self._world.aws.call("lambda", "get_alias", FunctionName=self._function, Name=self._alias)
        weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        return " and ".join([alias["FunctionVersion"], *weights])

    def require_live(self, version: str) -> None:
        """Raise Failed unless the version has all traffic and answers a smoke check through the alias."""
        event = json.dumps({"smoke_check": True}).encode()
        answer = self._world.aws.call("lambda", "invoke", FunctionName=self._alias_arn, Payload=event)
        payload = answer["Payload"].read().decode()
        live, answered = self.live(), payload if "FunctionError" in answer else str(answer["ExecutedVersion"])
        if (live, answered) != (version, version):
            raise Failed(f"version {live} of {self.name} is live, not {version}, and {answered} answers.")


STOPS = (Failed, LocalRunError, PackageError, Refusal, *AWS_ERRORS)
"""The expected errors of a step."""


@dataclass(frozen=True)
class SmokeStep:
    """The result of a step: its duration in seconds, and a sentence about the result or the error."""

    name: str
    seconds: float
    message: str
    passed: bool


@dataclass
class Steps:
    """The completed steps; `report` is called after each step."""

    report: Callable[[SmokeStep], None]
    completed: list[SmokeStep] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether all steps passed."""
        return all(step.passed for step in self.completed)

    def run(self, name: str, action: Callable[[], str]) -> None:
        """Run a step, which returns a sentence. Raises the step's error after its report."""
        start, message, passed = time.monotonic(), "interrupted", False
        try:
            message, passed = action(), True
        except STOPS as error:
            message = sentence(error, "deploy")
            raise
        finally:
            step = SmokeStep(name, time.monotonic() - start, message, passed)
            self.completed.append(step)
            self.report(step)


def smoke(world: World, context: Context[Any], steps: Steps) -> None:
    """Deploy, test and destroy the stack. Failures are recorded in the steps.

    Raises:
        KeyboardInterrupt: the user pressed Ctrl-C; the stack is destroyed.
    """
    try:
        _deploy_and_check(world, context, steps)
    except STOPS:
        pass
    finally:
        with _undisturbed(), suppress(*STOPS):
            steps.run("destroy", lambda: world.destroy() or "nothing is left")


def _deploy_and_check(world: World, context: Context[Any], steps: Steps) -> None:
    outputs: dict[str, Any] = {}

    def deploy() -> str:
        outputs.update(world.deploy())
        return outputs["release"]["application"]

    steps.run("deploy", deploy)
    if context.has_lists:
        steps.run(f"{ROWS} rows", lambda: check_import(world, context, outputs))
    else:
        steps.run(f"{ROWS} commands", lambda: check_commands(world, context, outputs))
    steps.run("queues", lambda: check_events(world, context, outputs))
    steps.run("bad version", lambda: check_bad_version(world, context, outputs))
    steps.run("good version", lambda: check_good_version(world, context, outputs))


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ignore Ctrl-C and SIGTERM while the stack is destroyed. uv forwards Ctrl-C, so it arrives twice."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
