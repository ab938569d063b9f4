"""The acts of a rehearsal: new versions of the called function, callers, and the rollout driver.

The bad versions cannot start, fail for their callers, or change, remove and create aggregates.
"""

import copy
import io
import json
import signal
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

from bounded_context.declaration.structure import MEET_DEADLINES
from bounded_context_cli.command.application import run
from bounded_context_cli.command.aws_errors import INTERRUPTED, Calls
from bounded_context_cli.command.operation import Access, Clock
from bounded_context_cli.command.output import LocalRunError

from ..actors.caller import Call, Caller
from ..emulator.aws import Aws
from ..emulator.clock import ShortMinutes, until
from ..provider.creation import Request
from ..provider.program import STACK, create
from ..running.context import RunningContext
from ..sample_lists import Samples

_ALARM: Final = "aws:cloudwatch/metricAlarm:MetricAlarm"


def publish(aws: Calls, function: str, deployed: Path, file: str, source: str) -> str:
    """Publish a version of a function in which a file is replaced. The alias does not move.

    Args:
        aws: the account of the function.
        function: the name of the function.
        deployed: the deployed archive, which is not changed.
        file: the path of the file in the archive, such as `<context>/context.py`.
        source: the new content of the file.

    Returns:
        The number of the version.

    Raises:
        KeyError: the file is not in the archive.
    """
    code = with_file(deployed, file, source)
    return aws.call("lambda", "update_function_code", FunctionName=function, ZipFile=code, Publish=True)["Version"]


def watch(aws: Aws, inputs: Mapping[str, Mapping[str, Any]], function: str, version: str) -> None:
    """Let the alarms on a function's newest version watch the given version, as a deployment does.

    Args:
        aws: the account of the function.
        inputs: the inputs of the stack's resources, by `type name`.
        function: the name of the function.
        version: the number of the version.
    """
    for label, properties in inputs.items():
        dimensions = properties.get("dimensions", {}) if label.startswith(_ALARM) else {}
        if "ExecutedVersion" in dimensions and dimensions["FunctionName"] == function:
            newest = copy.deepcopy(dict(properties))
            newest["dimensions"]["ExecutedVersion"] = version
            create(aws, Request(_ALARM, label.removeprefix(f"{_ALARM} "), newest, Path()))


def source_of(deployed: Path, file: str) -> str:
    """Return the content of a file in the deployed archive. Raises KeyError if the file is missing."""
    with zipfile.ZipFile(deployed) as archive:
        return archive.read(file).decode()


def with_file(deployed: Path, file: str, source: str) -> bytes:
    """Return the bytes of the archive with a replaced file. Raises KeyError if the file is missing."""
    changed = io.BytesIO()
    with zipfile.ZipFile(deployed) as before, zipfile.ZipFile(changed, "w") as after:
        before.getinfo(file)
        for entry in before.infolist():
            after.writestr(entry, source if entry.filename == file else before.read(entry))
    return changed.getvalue()


CHANGED: Final = 400
REMOVED: Final = 100
NEW: Final = 50

_AT_ONCE: Final = 50
"""Aggregates of a call: a command ends after 10 seconds."""

_DAMAGE: Final = """

import os

import boto3
from bounded_context.handlers.commands import CommandHandler


def _damages(self, event, _):
    table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
    for key in event["remove"]:
        table.delete_item(Key={"pk": key})
    for item in event["put"]:
        stored = table.get_item(Key={"pk": item["pk"]}).get("Item", {})
        table.put_item(Item={**stored, **item, "version": int(stored.get("version", 0)) + 1})
    return {}


CommandHandler.take = _damages
"""


def damages(source: str) -> str:
    """Return the source of a version that damages aggregates."""
    return source + _DAMAGE


def messages(items: Mapping[str, Mapping[str, Any]], fields: Sequence[str], identity: str) -> Iterator[dict[str, Any]]:
    """Yield the messages that damage aggregates, given their items by key.

    A changed aggregate gets the values of another one, of all fields except the identity. A new aggregate is a copy.
    """
    keys = list(items)
    bad, removed = keys[:CHANGED], keys[CHANGED : CHANGED + REMOVED]
    puts = [
        {"pk": key, **_plain({name: items[donor][name] for name in fields if name in items[donor]})}
        for key, donor in zip(bad, reversed(keys), strict=False)
    ]
    for key in removed[:NEW]:
        name = f"{items[key][identity]}x"
        prefix = key.removesuffix(str(items[key][identity]))
        puts.append(_plain({**items[key], identity: name, "pk": prefix + name}))
    for start in range(0, len(puts), _AT_ONCE):
        yield {"put": puts[start : start + _AT_ONCE], "remove": []}
    for start in range(0, len(removed), _AT_ONCE):
        yield {"put": [], "remove": removed[start : start + _AT_ONCE]}


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, str | bool) else int(value) for name, value in item.items()}


Command = Literal["start", "back"]

_FAILURE = """

from bounded_context.handlers.commands import CommandHandler


def _fails(*_):
    raise RuntimeError("rehearsal: a mistake that no check knows")


CommandHandler.perform = _fails
"""


def cannot_start(source: str) -> str:
    """Return the source of a version that fails when it is loaded."""
    return f'raise RuntimeError("rehearsal: this version cannot start")\n{source}'


def fails_for_callers(source: str) -> str:
    """Return the source of a version that starts, and fails at each call."""
    return source + _FAILURE


def works(source: str) -> str:
    """Return the source of a version that works."""
    return f"{source}\n# Another version that works.\n"


@dataclass(frozen=True)
class Act:
    """A release with its expected `result` and exit `status` of the driver.

    `change` returns the source of the new version, given the deployed source. `why` is a text that the driver's reason
    must contain. `seen` is True if callers must reach the released version, None if chance decides. With `workflow`, a
    new version of the state machine is released too; it is None in a context without lists.
    """

    name: str
    command: Command
    result: str
    status: int
    why: str = ""
    seen: bool | None = True
    change: Callable[[str], str] | None = None
    workflow: bool | None = False


WITH_WORKFLOW = ", workflow too"
"""The end of the name of an act that also releases the state machine."""

ACTS = (
    Act("cannot start", "start", "rolled back", 1, "HOOK_EXECUTION_FAILURE", seen=False, change=cannot_start),
    Act("fails for its callers", "start", "rolled back", 1, "ALARM_ACTIVE", change=fails_for_callers),
    Act(f"works{WITH_WORKFLOW}", "start", "succeeded", 0, change=works, workflow=True),
    Act("return to the version before", "back", "succeeded", 0, seen=None),
)


@dataclass(frozen=True)
class Performed:
    """The result of an act.

    `calls` are the calls during the act, `after` the calls after its end. `part` is the driver's report on the
    function, `workflow` its report on the state machine.
    """

    act: Act
    before: str
    released: str
    status: int
    part: dict[str, Any]
    workflow: dict[str, Any]
    calls: Sequence[Call] = field(default_factory=tuple)
    after: Sequence[Call] = field(default_factory=tuple)

    @property
    def met(self) -> int:
        """Number of calls that reached the released version."""
        return sum(call.version == self.released for call in self.calls)

    @property
    def failed(self) -> int:
        """Number of calls that failed."""
        return sum(call.failed for call in self.calls)

    @property
    def live(self) -> str:
        """The version that must be live after the act."""
        return self.released if self.act.result == "succeeded" else self.before

    def problems(self) -> list[str]:
        """Return a sentence for each difference from the expected result."""
        expected = {
            "the driver's exit status": (self.status, self.act.status),
            "the result": (self.part["result"], self.act.result),
            "the live version": (self.part["live"], self.live),
            "versions that answer afterwards": ({call.version for call in self.after}, {self.live}),
            "failed calls afterwards": (sum(call.failed for call in self.after), 0),
            "whether it was called": (self.act.seen if self.act.seen is None else self.met > 0, self.act.seen),
            "the workflow's result": (self.workflow["result"] == "succeeded", self._moves_workflow),
        }
        wrong = [
            f"{name}: {actual}, not {required}" for name, (actual, required) in expected.items() if actual != required
        ]
        if self.act.why not in str(self.part["why"]):
            wrong.append(f"the reason: {self.part['why']!r} does not contain {self.act.why}")
        return [f"{self.act.name}: {problem}." for problem in wrong]

    @property
    def _moves_workflow(self) -> bool:
        return self.act.workflow is not None and (self.act.workflow or self.act.command == "back")

    def as_json(self) -> dict[str, Any]:
        """Return the result in the form that `--json` prints."""
        return {
            "act": self.act.name,
            "from": self.before,
            "to": self.released,
            "result": self.part["result"],
            "why": self.part["why"],
            "live": self.part["live"],
            "workflow": self.workflow["result"],
            "calls": len(self.calls),
            "met_the_new_version": self.met,
            "failed": self.failed,
            "problems": self.problems(),
        }


_SHORT_SECONDS: Final = 10
"""The timeout of a command."""


def shorten_calls(running: RunningContext) -> None:
    """Give the function of deadlines the timeout of a command: a restore waits for the longest call.

    On AWS, such a call may last 15 minutes.
    """
    if alias := running.outputs["functions"].get(MEET_DEADLINES):
        name = alias.split(":")[6]
        running.aws.call("lambda", "update_function_configuration", FunctionName=name, Timeout=_SHORT_SECONDS)


def run_command(aws: Calls, words: Sequence[str], clock: Clock) -> tuple[int, dict[str, Any]]:
    """Run a command of `context` on the embedded AWS, and return its exit status and its JSON report.

    Raises:
        KeyboardInterrupt: the command was interrupted. It ignores further signals, so the run can clean up.
    """
    printed = io.StringIO()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with redirect_stdout(printed):
        status = run([*words, "--json"], Access(lambda _: lambda service, **_: aws.client(service), clock))
    if status == INTERRUPTED:
        raise KeyboardInterrupt
    for number, handler in handlers.items():  # a command ignores signals in the end
        signal.signal(number, handler)
    return status, json.loads(printed.getvalue() or "{}")


class Driver:
    """The rollout driver on the deployed stack."""

    def __init__(self, aws: Aws, outputs: dict[str, Any], stack: str) -> None:
        """Write the stack's outputs into a file for the driver."""
        self._aws = aws
        self._stack = stack
        self._outputs = Path(aws.emulator.folder) / "outputs.json"
        self._outputs.write_text(json.dumps(outputs))
        self._clock = ShortMinutes()

    def run(self, command: str) -> tuple[int, dict[str, Any]]:
        """Run a command, and return its exit status and its report. The driver prints progress on standard error."""
        words = ("rollout", command, self._stack, "--outputs", str(self._outputs))
        return run_command(self._aws, words, self._clock)


STRATEGY = "Canary25Percent5Minutes"
"""A custom strategy whose canary receives some of the calls, but not most of them."""

_CALLS_AFTERWARDS = 20
_PATIENCE = 30.0


class Stage:
    """A function that is called while its versions are released."""

    def __init__(self, running: RunningContext) -> None:
        """Use the context's first command."""
        self._aws = running.aws
        self._outputs = dict(running.outputs)
        self._inputs = running.deployment.inputs
        self._command = running.context.command_functions[0]
        self._alias_arn: str = self._outputs["functions"][self._command]
        self._function = self._alias_arn.split(":")[6]
        self._code = running.project.build / "local" / "code.zip"
        self._file = f"{running.project.package}/context.py"
        self._message = command_message(running.samples)
        self._driver = Driver(self._aws, self._outputs, STACK)

    def perform(self, act: Act) -> Performed:
        """Publish the act's version, release it while callers call the function, and return the result."""
        if "state_machine" not in self._outputs:
            act = replace(act, name=act.name.removesuffix(WITH_WORKFLOW), workflow=None)
        before = self._live()
        released = self._publish(act)
        with Caller(self._aws, self._alias_arn).calling(self._message) as calls:
            _wait(lambda: len(calls) > 0, "no call was answered")
            status, part, workflow = self._run(act.command)
            # The call that was under way may still have reached the version before.
            over = len(calls) + 1
            _wait(lambda: len(calls) > over + _CALLS_AFTERWARDS, "the callers stopped")
            _wait(self._is_quiet, "the alarms did not return to OK")
            all_calls = tuple(calls)
        target = released or str(part["to"])
        return Performed(act, before, target, status, part, workflow, all_calls[:over], all_calls[over:])

    def _run(self, command: str) -> tuple[int, dict[str, Any], dict[str, Any]]:
        """Run the driver, and return its exit status and its reports on the function and the state machine."""
        status, report = self._driver.run(command)
        if "functions" not in report:
            raise LocalRunError(f"The driver refused to {command}: {report.get('why')}")
        [part] = [part for part in report["functions"] if part["name"] == self._command]
        return status, part, report["workflow"]

    def _publish(self, act: Act) -> str:
        if act.workflow:
            self._publish_workflow()
        if act.change is None:
            return ""
        changed = act.change(source_of(self._code, self._file))
        version = publish(self._aws, self._function, self._code, self._file, changed)
        watch(self._aws, self._inputs, self._function, version)
        return version

    def _publish_workflow(self) -> None:
        arn = self._outputs["state_machine"]
        machine = self._aws.call("stepfunctions", "describe_state_machine", stateMachineArn=arn)
        definition: dict[str, Any] = json.loads(machine["definition"])
        definition["Comment"] = f"{definition.get('Comment', '')} (rehearsed)"
        parameters = {"stateMachineArn": arn, "definition": json.dumps(definition), "publish": True}
        self._aws.call("stepfunctions", "update_state_machine", **parameters)

    def _live(self) -> str:
        *_, name, alias = self._alias_arn.split(":")
        return self._aws.call("lambda", "get_alias", FunctionName=name, Name=alias)["FunctionVersion"]

    def _is_quiet(self) -> bool:
        alarms = self._aws.call("cloudwatch", "describe_alarms", AlarmNamePrefix=f"{self._function}-")["MetricAlarms"]
        return all(alarm["StateValue"] != "ALARM" for alarm in alarms)


def command_message(samples: Samples) -> dict[str, Any]:
    """Return a valid command. Its idempotency key is constant, so all calls have one effect."""
    [row] = samples.rows(1, seed=7)
    return {"idempotency_key": "rehearsal", "payload": dict(zip(samples.columns, row, strict=True))}


def _wait(condition: Callable[[], bool], problem: str) -> None:
    if not until(condition, _PATIENCE):
        raise LocalRunError(f"The rehearsal failed: {problem} within {_PATIENCE:.0f} s.")
