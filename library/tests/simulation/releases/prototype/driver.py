# ruff: noqa: B023
"""The driver: starts an execution, follows it, and reports."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bounded_context.tools.command.aws_errors import AWS_ERRORS, Refused, code, passes
from bounded_context.tools.release.rollout.notes import ALL_AT_ONCE, HOOKS, Order
from bounded_context.tools.release.rollout.report import Part, Report
from bounded_context.tools.release.rollout.run import Run

from .definition import POLL

KEY: Final = {"pk": {"S": "RELEASE"}}
WORKFLOW: Final = "workflow"
SLACK: Final = 30
MACHINE: Final = "arn:aws:states:eu-central-1:123456789012:stateMachine:test-release"


class Clients(Protocol):
    """The clients of a driver."""

    states: Any
    dynamodb: Any


@dataclass
class Record:
    """The record of releases of a stack."""

    run: int
    holder: str
    direction: str
    result: str
    whole: dict[str, str]
    previous: dict[str, str]
    moved: bool
    pending: dict[str, str]

    @classmethod
    def of(cls, item: Any) -> "Record":
        """Parse the item."""
        text = lambda name: item.get(name, {}).get("S", "")  # noqa: E731
        return cls(
            int(item.get("run", {}).get("N", "0")),
            text("holder"),
            text("direction"),
            text("result"),
            json.loads(text("whole") or "{}"),
            json.loads(text("previous") or "{}"),
            "moved" in item,
            {name.removeprefix("pending_"): value["S"] for name, value in item.items() if name.startswith("pending_")},
        )


@dataclass
class Driver:
    """A run of `start` or `back`."""

    started: Run
    clients: Clients
    table: str
    on_conflict: str = "wait"
    minutes: float | None = None
    sent: bool = False
    stopped: bool = False

    # The record.

    def insist(self, call: Any) -> Any:
        """Repeat a call after transient errors."""
        while True:
            try:
                return call()
            except AWS_ERRORS as error:
                if not passes(error):
                    raise
            self.started.clock.sleep(POLL)

    def record(self) -> Record:
        """Read the record."""
        read = lambda: self.clients.dynamodb.get_item(TableName=self.table, Key=KEY, ConsistentRead=True)  # noqa: E731
        return Record.of(self.insist(read).get("Item", {}))

    def _change(self, update: str, holder: str, **values: Any) -> None:
        try:
            self.insist(
                lambda: self.clients.dynamodb.update_item(
                    TableName=self.table,
                    Key=KEY,
                    UpdateExpression=update,
                    ConditionExpression="holder = :holder",
                    ExpressionAttributeValues={":holder": {"S": holder}, **values},
                    **({"ExpressionAttributeNames": {"#run": "run"}} if "#run" in update else {}),
                )
            )
        except AWS_ERRORS as error:
            if code(error) != "ConditionalCheckFailedException":
                raise

    def free(self, *, ends: bool) -> Record:
        """Wait until no release is in progress. `ends` stops a release that is in progress."""
        record, asked = self.record(), False
        while record.holder:
            status = self.insist(lambda: self.clients.states.describe_execution(executionArn=_arn(record.holder)))
            if status["status"] != "RUNNING":
                # The execution was aborted, or has failed.
                self._change("REMOVE holder, stop ADD #run :one", record.holder, **{":one": {"N": "1"}})
            elif self.on_conflict == "fail" and not ends:
                raise Refused(f"{record.holder} is active.")
            elif (ends or self.on_conflict == "stop") and record.direction == "forward" and not asked:
                self._change("SET stop = :stop", record.holder, **{":stop": {"BOOL": True}})
                asked = self.stopped = True
            self.started.clock.sleep(POLL)
            record = self.record()
        return record

    # The commands.

    def start(self) -> int:
        """Release the newest versions."""
        first = self.record()
        seen = first
        while True:
            record = self.free(ends=False) if seen.holder else seen
            if record.run != first.run and (record.direction, record.result) != ("forward", "succeeded"):
                raise Refused("The release that this run waited for has not succeeded.")
            live, targets = self._survey()
            targets = {part: max(version, live[part], key=int) for part, version in targets.items()}
            if live == targets and not any(record.pending.get(part) == version for part, version in targets.items()):
                return self._report(live, targets, {}, "up to date")
            whole = record.whole or live
            output = self._execute("forward", record, live, targets, whole)
            if output.get("result") != "conflict":
                return self._report(live, targets, output, output.get("result", "failed"))
            seen = self.record()

    def back(self) -> int:
        """Return the last release."""
        record = self.record()
        if record.holder and record.direction == "back":
            record = self.free(ends=True)
            live, _ = self._survey()
            return self._report(live, record.whole, {}, record.result)
        for _ in range(3):
            record = self.free(ends=True)
            live, _ = self._survey()
            aim = record.whole if record.moved else record.previous
            targets = {part: aim.get(part, version) for part, version in live.items()}
            if not record.moved and not record.previous:
                raise Refused("Nothing can go back.")
            if targets == live and not self._split():
                if record.moved and self.stopped:
                    return self._report(live, targets, {}, "succeeded")
                if record.moved:
                    raise Refused("Nothing can go back.")
            output = self._execute("back", record, live, targets, targets)
            if output.get("result") != "conflict":
                return self._report(live, targets, output, output.get("result", "failed"))
        return self._report(live, targets, {}, "failed")

    def _split(self) -> bool:
        machines, functions = self.started.services.machines, self.started.services.functions
        shifting = [bool(functions.read(function).shifting) for function in self.started.release.functions]
        return machines.routing().shifting or any(shifting)

    def _survey(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return the live and the newest versions."""
        services, release = self.started.services, self.started.release
        routing = self.insist(services.machines.routing)
        newest = {WORKFLOW: self.insist(services.machines.newest)}
        live = {WORKFLOW: routing.old}
        for function in release.functions:
            live[function.name] = self.insist(lambda one=function: services.functions.read(one)).live
            newest[function.name] = self.insist(lambda one=function: services.functions.newest(one))
        return live, newest

    # The execution.

    def _execute(self, direction: str, record: Record, live: Any, targets: Any, whole: Any) -> Any:
        """Start the execution, or find the execution of the same release, and return its output."""
        name = f"{_digest(direction, targets)}-{record.run}"
        given = json.dumps(self._input(direction, name, record, live, targets, whole))
        while True:
            try:
                self.clients.states.start_execution(stateMachineArn=MACHINE, name=name, input=given)
                self.sent = True
                break
            except AWS_ERRORS as error:
                if code(error) == "ExecutionAlreadyExists":
                    break
                if not passes(error):
                    raise
                self.sent = True
            self.started.clock.sleep(POLL)
        return self._follow(name)

    def _follow(self, name: str) -> Any:
        while True:
            answer = self.insist(lambda: self.clients.states.describe_execution(executionArn=_arn(name)))
            if answer["status"] != "RUNNING":
                return json.loads(answer.get("output", "{}"))
            self.started.clock.sleep(POLL)

    def _input(self, direction: str, name: str, record: Record, live: Any, targets: Any, whole: Any) -> Any:
        release, back = self.started.release, direction == "back"
        strategy, machine = release.strategy, release.machine
        minutes = self.minutes or (SLACK if back else strategy.duration + SLACK)
        hooks = [] if back else [{HOOKS[event]: hook} for event, hook in release.hooks.items()]
        note = f"{'back from ' if back else ''}release {name}"
        arn = lambda version: f"{machine.arn}:{version}"  # noqa: E731
        route = lambda version, weight=100: {"StateMachineVersionArn": arn(version), "Weight": weight}  # noqa: E731
        overrides = {
            "OverrideAlarmConfiguration": {"Enabled": False},
            "DeploymentConfigName": ALL_AT_ONCE,
            "AutoRollbackConfiguration": {"Enabled": False},
        }
        before, target = live[WORKFLOW], targets[WORKFLOW]
        functions = [
            {
                "name": function.name,
                "aws_name": function.aws_name,
                "alias": function.alias,
                "group": function.group,
                "target": targets[function.name],
                "pending": record.pending.get(function.name, ""),
                "hooks": hooks,
                "rolls_back": not back,
                "waits": 0,
            }
            for function in release.functions
        ]
        return {
            "release": name,
            "run": record.run,
            "direction": direction,
            "application": release.application,
            "note": note,
            "whole": json.dumps(whole),
            "targets": json.dumps(targets),
            "overrides": overrides if back else {},
            "polls": int(minutes * 60 / POLL),
            "functions": functions,
            "results": [],
            "machine": {
                "alias_arn": machine.alias_arn,
                "alarms": list(machine.alarms),
                "before_arn": arn(before),
                "target_arn": arn(target),
                "start": [route(before)],
                "end": [route(target)],
                "steps": [[route(before, 100 - w), route(target, w)] for w in strategy.weights if w < 100],
                "polls": 0,
                "polls_each": int(strategy.minutes * 60 / POLL),
                "back_note": f"back from {note}",
            },
        }

    # The report.

    def _report(self, before: Any, targets: Any, output: Any, result: str) -> int:
        """Read all aliases again, and show the parts."""
        results = {part["name"]: part["result"] for part in output.get("parts", [])}
        report: Report = self.started.report(Order(self.started.release, self.started.stack, "release"))
        routing = self.insist(self.started.services.machines.routing)
        self._finish(report.workflow, before, targets, routing.old, routing.shifting, result)
        for part, function in zip(report.functions, self.started.release.functions, strict=True):
            position = self.insist(lambda one=function: self.started.services.functions.read(one))
            shifting = bool(position.shifting)
            self._finish(part, before, targets, position.live, shifting, results.get(part.name, result))
        self.started.screen.show_report(report)
        status = report.exit_status
        return status if status != 2 or not self.sent else 1

    def _finish(self, part: Part, before: Any, targets: Any, live: str, shifting: bool, result: Any) -> None:
        part.before, part.target, part.live = before[part.name], targets[part.name], live
        moved = result in ("succeeded", "up to date")
        if moved and (live != part.target or shifting):
            part.finish("failed", "another run moves it now.")
        else:
            part.finish(result)


def _digest(direction: str, targets: Any) -> str:
    return hashlib.sha256(f"{direction} {json.dumps(targets, sort_keys=True)}".encode()).hexdigest()[:12]


def _arn(name: str) -> str:
    return f"{MACHINE.replace('stateMachine', 'execution')}:{name}"
