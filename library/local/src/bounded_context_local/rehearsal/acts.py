"""The acts of a rehearsal: the deployed context, its called function, callers, and the rollout driver."""

import io
import json
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from bounded_context_cli.command.application import run
from bounded_context_cli.command.aws_errors import INTERRUPTED
from bounded_context_cli.command.errors import LocalRunError
from bounded_context_cli.command.operation import Access

from ..actors.caller import Call, Caller
from ..emulator.aws import Aws
from ..emulator.clock import ShortMinutes
from ..periodic import until
from ..provider.program import STACK
from ..running.context import RunningContext
from ..sample_lists import Samples
from . import versions

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
    Act("the way back", "back", "succeeded", 0, seen=None),
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
        """Run a command, and return its exit status and its report. The driver prints progress on standard error.

        Raises:
            KeyboardInterrupt: the driver was interrupted. It ignores further signals, so the run can clean up.
        """
        printed = io.StringIO()
        arguments = ["rollout", command, self._stack, "--outputs", str(self._outputs), "--json"]
        with redirect_stdout(printed):
            status = run(arguments, Access(lambda _: lambda service, **_: self._aws.client(service), self._clock))
        if status == INTERRUPTED:
            raise KeyboardInterrupt
        return status, json.loads(printed.getvalue())


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
        changed = act.change(versions.source_of(self._code, self._file))
        version = versions.publish(self._aws, self._function, self._code, self._file, changed)
        versions.watch(self._aws, self._inputs, self._function, version)
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
