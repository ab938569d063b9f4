"""The runbook's section of an alarm, followed literally: its commands, and the steps of persons that it names."""

import io
import json
import re
import shlex
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any, Final

from bounded_context_cli.command.application import run
from bounded_context_cli.command.operation import Access
from bounded_context_cli.programs.graph import Graph
from bounded_context_local import stack_state
from bounded_context_local.emulator.clock import ShortMinutes
from bounded_context_local.provider.program import STACK
from bounded_context_local.running.context import RunningContext

from .checks import Checks
from .load import Load

_DOCS: Final = re.compile(r"Runbook: uv run context (docs runbook (\S+))$")
_BLOCK: Final = re.compile(r"^ *```sh account\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_REDRIVE: Final = "uv run context redrive <stack>"

_ID: Final = "$$.Execution.Id"

_LOCAL_AGE: Final = "2s"
"""The age that replaces `2m`: a local minute lasts a second."""


def section_of(description: str) -> tuple[str, str]:
    """Return the anchor and the text of the runbook's section that an alarm's description names."""
    match = _DOCS.search(description)
    if match is None:
        return "", ""
    printed = io.StringIO()
    with redirect_stdout(printed):
        run(shlex.split(match[1]))
    return match[2], printed.getvalue()


def commands(section: str) -> list[str]:
    """Return the redrives with `--go` in a section's shell blocks, without comments and without a selection."""
    lines = [line.partition("  #")[0].strip() for block in _BLOCK.findall(section) for line in block.splitlines()]
    return [line for line in lines if line.startswith(_REDRIVE) and line.endswith("--go") and "--where" not in line]


class Remedies:
    """A person on call, who follows the sections of the observed alarms."""

    def __init__(self, running: RunningContext, graph: Graph, load: Load, checks: Checks, outputs: Path) -> None:
        self._running, self._load, self._checks = running, load, checks
        self._outputs = outputs
        self._descriptions = {
            alarm.called: alarm.inputs["alarmDescription"] for alarm in graph.of("cloudwatch/metricAlarm")
        }
        outputs.write_text(json.dumps(dict(running.outputs)))
        self._steps: Mapping[str, Callable[[], None]] = {
            "request the file again from the partner": self._request_again,
            "aws stepfunctions redrive-execution": self._redrive_executions,
        }

    def follow(self, alarms: Iterator[str]) -> list[str]:
        """Follow the section of each alarm once, given their names on AWS; return the anchors."""
        sections = dict(section_of(self._descriptions[alarm]) for alarm in alarms)
        for text in sections.values():
            for step, act in self._steps.items():
                if step in " ".join(text.split()):
                    act()
            for command in commands(text):
                self._run(command)
        return sorted(sections)

    def _run(self, command: str) -> None:
        words = command.removeprefix("uv run context ").replace("<stack>", STACK).replace(" 2m ", f" {_LOCAL_AGE} ")
        queues = self._checks.dead_letters() if "<queue>" in words else [""]
        for queue in queues:
            self._context(*shlex.split(words.replace("<queue>", queue)))

    def _context(self, *words: str) -> None:
        """Run a command on the local stack, with an accelerated clock."""
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        access = Access(lambda _: lambda service, **_: self._running.aws.client(service), ShortMinutes())
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            run([*words, "--outputs", str(self._outputs), "--json"], access)
        for number, handler in handlers.items():  # the command ignores signals in the end
            signal.signal(number, handler)

    def _request_again(self) -> None:
        for name in self._checks.failed_lists():
            self._load.upload_again(name)

    def _redrive_executions(self) -> None:
        """Redrive the failed executions whose last state is not `Failed`."""
        for upload in self._load.uploads:
            for arn in self._running.partner.executions_of(upload.path):
                if _is_redrivable(self._running, arn):
                    redrive(self._running, arn)


def _is_redrivable(running: RunningContext, arn: str) -> bool:
    if running.aws.call("stepfunctions", "describe_execution", executionArn=arn)["status"] != "FAILED":
        return False
    return stack_state.entered(running.aws, arn)[-1]["name"] != "Failed"


def redrive(running: RunningContext, arn: str) -> str:
    """Start an execution at the state that another execution entered last, with its input; return its ARN.

    The emulator has no RedriveExecution. AWS continues the execution itself, with its ARN and with all retries of the
    state again (Step Functions developer guide, "Restarting state machine executions with redrive").
    """
    last, machine = stack_state.entered(running.aws, arn)[-1], running.outputs["state_machine"]
    described = running.aws.call("stepfunctions", "describe_state_machine", stateMachineArn=machine)
    definition = json.loads(described["definition"], object_hook=partial(_with_id, arn)) | {"StartAt": last["name"]}
    machine_copy = running.aws.call(
        "stepfunctions",
        "create_state_machine",
        name=f"redriven-{arn.rpartition(':')[2]}",
        definition=json.dumps(definition),
        roleArn=described["roleArn"],
    )
    call = {"stateMachineArn": machine_copy["stateMachineArn"], "input": last["input"]}
    return running.aws.call("stepfunctions", "start_execution", **call)["executionArn"]


def _with_id(arn: str, members: dict[str, Any]) -> dict[str, Any]:
    """Return an object of a definition with an ARN in place of the execution's id."""
    return {name.removesuffix(".$") if of == _ID else name: arn if of == _ID else of for name, of in members.items()}
