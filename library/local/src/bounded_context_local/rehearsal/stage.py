"""The parts of a rehearsal: the deployed context, its called function, callers, and the rollout driver."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bounded_context_cli.command.errors import LocalRunError

from ..actors.caller import Caller
from ..periodic import until
from ..provider.stack import STACK
from ..running.context import RunningContext
from ..sample_lists import Samples
from . import versions
from .acts import WITH_WORKFLOW, Act, Performed
from .driver import Driver

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
            made = tuple(calls)
        target = released or str(part["to"])
        return Performed(act, before, target, status, part, workflow, made[:over], made[over:])

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
