# ruff: noqa: N803, ARG002, A002
"""Schedules of the prototype: the same scenarios, faults and invariants."""

import json
from random import Random
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from bounded_context.tools.command.aws_errors import AWS_ERRORS, INTERRUPTED, REFUSED, Refused
from bounded_context.tools.release.rollout.status import PartStatus, Status

from ... import workflow
from ...account import TABLE, Account
from ...outcome import Outcome
from ...services.client_errors import faults as faults_of
from ...services.client_errors import refused
from ...workflow import Halted, StatesError, Walk
from .. import world as base
from ..clients import CloudWatch, CodeDeployClient, Lambda, Seen, Services, StepFunctions
from ..driver import Ran
from ..scenario import Drive, drawn
from .definition import definition
from .driver import Driver

workflow._FIELDS = workflow._FIELDS | {"ItemsPath", "InputPath"}  # type: ignore[misc]


class _Once(Services):
    """The calls of an execution: the state's Retry alone repeats them, and its process does not die."""

    def call(self, service: str, operation: str, subject: str, effect: Any) -> Any:
        return self.scheduler.call(
            f"{service}.{operation} {subject}", effect, faults_of(operation, "ThrottlingException")
        )

    def _die(self, dies: bool) -> None:
        pass

    def _allowed(self, operation: str, effect: Any) -> Any:
        return effect


class Calls:
    """The SDK integrations of one execution."""

    def __init__(self, world: "PrototypeWorld", seen: Seen) -> None:
        mine = Seen(seen.name, reads=seen.reads, first=seen.first, listed=seen.listed, effects=seen.effects)
        services = _Once(world.scheduler, world.aliases, world.codedeploy, mine)
        self.clients = {
            "lambda": Lambda(services),
            "codedeploy": _Deploy(services),
            "sfn": StepFunctions(services),
            "cloudwatch": CloudWatch(services, world._firing),
        }
        self.account = world.account
        self.counts: dict[str, int] = {}

    def task(self, resource: str, parameters: Any) -> Any:
        service, _, operation = resource.removeprefix("aws-sdk:").partition(":")
        try:
            return self._send(service, operation, parameters)
        except ClientError as error:
            raise StatesError(f"{_NAMES[service]}.{_code(error)}", str(error)) from None
        except AWS_ERRORS as error:
            raise StatesError(f"{_NAMES[service]}.SdkClientException", str(error)) from None

    def _send(self, service: str, operation: str, parameters: Any) -> Any:
        name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation)
        if service == "dynamodb":
            client = self.account.client("dynamodb")
            return getattr(client, name)(**json.loads(json.dumps(parameters)))
        if service in ("lambda", "cloudwatch"):
            answer = getattr(self.clients[service], name)(**parameters)
            if name == "describe_alarms":
                answer["MetricAlarms"] = [one for one in answer["MetricAlarms"] if one["StateValue"] == "ALARM"]
            return answer
        return _renamed(getattr(self.clients[service], name)(**_renamed(parameters, str.lower)), str.upper)


class _Deploy(CodeDeployClient):
    def list_deployments(self, applicationName: str, deploymentGroupName: str, createTimeRange: Any) -> Any:
        function = deploymentGroupName.removeprefix("test-")
        start = createTimeRange["start"]

        def effect() -> Any:
            self._services.seen.listed[function] = self._services.scheduler.clock
            found = self._deploys.of(function)
            ids = [one.id for one in found if workflow._stamp(one.created) >= start and not one.rollback_of]
            return {"deployments": ids[:25]}

        return self._services.call("codedeploy", "ListDeployments", deploymentGroupName, effect)


_NAMES = {
    "lambda": "Lambda",
    "codedeploy": "CodeDeploy",
    "sfn": "Sfn",
    "cloudwatch": "CloudWatch",
    "dynamodb": "DynamoDB",
}
_KEEP = ("ResponseMetadata",)


def _code(error: ClientError) -> str:
    code = error.response["Error"]["Code"]
    return "InternalServerError" if code == "InternalServerError" else code


def _renamed(value: Any, change: Any) -> Any:
    if isinstance(value, list):
        return [_renamed(one, change) for one in value]
    if isinstance(value, dict):
        return {change(name[0]) + name[1:]: _renamed(one, change) for name, one in value.items() if name not in _KEEP}
    return value if isinstance(value, str | int | float | bool | type(None)) else str(value)


class ReleaseWalk(Walk):
    """Interprets the definition, with SDK integrations, inline maps and the further operators."""

    calls: Calls
    finished: int = 0

    def _state(self, name: str, state: Any, given: Any) -> Any:
        self._count(state)
        if state["Type"] == "Choice":
            for rule in state["Choices"]:
                if _holds(rule, given):
                    return given, rule["Next"]
            return given, state["Default"]
        if state["Type"] == "Pass" and "InputPath" in state:
            result = workflow.evaluate(state["InputPath"], given, self._context)
            return workflow._placed(state, given, result), state.get("Next")
        try:
            return super()._state(name, state, given)
        except StatesError as error:
            raise Halted(error.name, f"{name}: {error.cause}") from None

    def _count(self, state: Any) -> None:
        events = {"Task": 5, "Map": 4}.get(state["Type"], 2)
        self._execution.events = getattr(self._execution, "events", 0) + events
        self._execution.transitions = getattr(self._execution, "transitions", 0) + 1

    def _task(self, state: Any, given: Any) -> Any:
        if "InputPath" in state:
            parameters = workflow.evaluate(state["InputPath"], given, self._context)
        else:
            parameters = self._template(state["Parameters"], given)
        return self.calls.task(state["Resource"].rpartition(":::")[2], parameters)

    def _map(self, name: str, state: Any, given: Any) -> Any:
        items = workflow.evaluate(state["ItemsPath"], given, {})
        outputs: dict[int, Any] = {}
        problems: list[Halted] = []
        children = []
        for index, item in enumerate(items):
            context = {"Map": {"Item": {"Index": index, "Value": item}}}
            chosen = self._template(state["ItemSelector"], given, context)
            walk = ReleaseWalk(self._machine, self._execution, state["ItemProcessor"]["States"], context, f"c{index}")
            walk.calls = self.calls

            def work(walk: Any = walk, index: int = index, chosen: Any = chosen) -> None:
                try:
                    outputs[index] = walk.go(state["ItemProcessor"]["StartAt"], chosen)
                except Halted as halted:
                    problems.append(halted)

            children.append(self._scheduler.spawn(f"map-{index}", work))
        while any(not one.done for one in children):
            self._scheduler.join([one for one in children if not one.done])
        if problems:
            raise StatesError(problems[0].name, problems[0].cause)
        return [outputs[index] for index in range(len(items))]


def _value(path: str, given: Any) -> Any:
    try:
        return workflow.evaluate(path, given, {})
    except StatesError:
        return None


def _holds(rule: Any, given: Any) -> bool:
    if "And" in rule:
        return all(_holds(one, given) for one in rule["And"])
    value = _value(rule["Variable"], given)
    for name, expected in rule.items():
        if name in ("Variable", "Next"):
            continue
        if name == "IsPresent":
            return (value is not None) == expected
        if name.endswith("Path"):
            expected, name = _value(expected, given), name.removesuffix("Path")
        if name in ("StringEquals", "BooleanEquals", "NumericEquals"):
            return value == expected
        if name == "NumericGreaterThan":
            return value > expected
        if name == "NumericLessThan":
            return value < expected
        raise NotImplementedError(name)
    return True


_plain_walked = workflow._walked


def _walked(path: str, given: Any, context: Any) -> Any:
    if "[?(" in path:
        found = given["recent"]["DeploymentsInfo"]
        known = ("INVALID_LAMBDA_CONFIGURATION", "THROTTLED")
        return [
            one
            for one in found
            if one["Description"] == given["note"] and one.get("ErrorInformation", {}).get("Code") not in known
        ]
    if path.endswith("[*].ok"):
        return [one["ok"] for one in _plain_walked(path.removesuffix("[*].ok"), given, context)]
    if path.endswith("[1:]"):
        return _plain_walked(path.removesuffix("[1:]"), given, context)[1:]
    return _plain_walked(path, given, context)


workflow._walked = _walked


class States:
    """The client of Step Functions for executions of the release. Each driver has its own."""

    def __init__(self, world: "PrototypeWorld", services: Services) -> None:
        self._world, self._services = world, services

    def start_execution(self, stateMachineArn: str, name: str, input: str) -> Any:
        def effect() -> Any:
            known = self._world.executions.get(name)
            if known is None:
                self._world.begin(name, json.loads(input), self._services.seen)
            elif known.status != "RUNNING" or known.given != input:
                raise refused("StartExecution", "ExecutionAlreadyExists", name)
            self._world.executions[name].given = input
            return {}

        return self._services.call("states", "StartExecution", name, effect)

    def describe_execution(self, executionArn: str) -> Any:
        name = executionArn.rpartition(":")[2]

        def effect() -> Any:
            found = self._world.executions.get(name)
            if found is None:
                raise refused("DescribeExecution", "ExecutionDoesNotExist", name)
            output = {"output": json.dumps(found.output)} if found.status == "SUCCEEDED" else {}
            return {"status": found.status, **output}

        return self._services.call("states", "DescribeExecution", name, effect)


class _Dynamo:
    """The driver's client of DynamoDB: with its credentials, and its end."""

    def __init__(self, account: Account, services: Services) -> None:
        self._client, self._services = account.client("dynamodb"), services

    def get_item(self, **request: Any) -> Any:
        return self._services._allowed("GetItem", lambda: self._client.get_item(**request))()

    def update_item(self, **request: Any) -> Any:
        return self._services._allowed("UpdateItem", lambda: self._client.update_item(**request))()


class PrototypeWorld(base.World):
    """A schedule of the prototype."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.account = Account(self.scheduler)
        self.executions: dict[str, Any] = {}
        self._definition = definition(TABLE)

    def begin(self, name: str, given: Any, seen: Seen) -> None:
        execution = workflow.Execution(name, given, self.scheduler.now())
        self.executions[name] = execution
        machine = SimpleNamespace(scheduler=self.scheduler, services=None)
        walk = ReleaseWalk(machine, execution, self._definition["States"], {})  # type: ignore[arg-type]
        walk.calls = Calls(self, seen)

        def work() -> None:
            try:
                execution.output = walk.go(self._definition["StartAt"], given)
                execution.status = "SUCCEEDED"
            except Halted as halted:
                execution.status, execution.error, execution.cause = "FAILED", halted.name, halted.cause
            self.ended(execution)

        self.scheduler.spawn(f"execution-{name}", work)

    def ended(self, execution: Any) -> None:
        MEASURES.append((execution.events, execution.transitions, len(execution.input["functions"])))
        if execution.status == "FAILED" and execution.error not in ("Aborted",):
            FAILURES[f"{execution.error} {execution.cause}"] = (
                FAILURES.get(f"{execution.error} {execution.cause}", 0) + 1
            )

    def drive(self, drive: Drive) -> Ran:
        if not self.scheduler.calm:
            self.scheduler.wait_for(f"driver:{drive.trigger}" if drive.trigger else "", drive.at)
        clock = self.scheduler.clock
        expires = None if drive.expired is None else clock + drive.expired
        seen = Seen(f"driver-{len(self.ran)}", expires, drive.killed)
        newest = {part: alias.newest for part, alias in self.aliases.of.items()}
        ran = Ran(drive, seen, clock, self.publishes, newest, self.functions)
        self.ran.append(ran)
        try:
            ran.status = self._exit_status(ran)
        finally:
            ran.ended = self.scheduler.clock
        self.invariants.at_exit(ran)
        return ran

    def _exit_status(self, ran: Ran) -> int:
        driver = self._driver(ran)
        try:
            return driver.start() if ran.drive.command == "start" else driver.back()
        except Refused as refusal:
            ran.screen.refuse("test", str(refusal))
        except AWS_ERRORS as error:
            ran.screen.refuse("test", str(error))
        except KeyboardInterrupt:
            return INTERRUPTED
        return 1 if driver.sent else REFUSED

    def _driver(self, ran: Ran) -> Driver:
        simulated = Services(self.scheduler, self.aliases, self.codedeploy, ran.seen)
        clients: Any = SimpleNamespace(states=States(self, simulated), dynamodb=_Dynamo(self.account, simulated))
        return Driver(self._as_run(ran), clients, TABLE, ran.drive.on_conflict, ran.drive.minutes)

    def _status(self) -> Status:
        ran = Ran(Drive("start"), Seen("status"), self.scheduler.clock, self.publishes, {}, self.functions)
        driver = self._driver(ran)
        live, newest = driver._survey()
        record = driver.record()
        parts = [
            PartStatus(
                name,
                name,
                live[name],
                newest[name],
                active=bool(record.holder),
                unverified="x" if record.pending.get(name) == live[name] else "",
            )
            for name in live
        ]
        machine = next(part for part in parts if part.name == "workflow")
        return Status("test", "x", [part for part in parts if part.name != "workflow"], machine)


MEASURES: list[Any] = []
FAILURES: dict[str, int] = {}


def run(seed: int, known: frozenset[str] = frozenset()) -> Outcome:
    """Run the schedule of a seed."""
    random = Random(seed)  # noqa: S311
    scenario, profile = drawn(random), base.drawn_profile(random)
    before, base.World = base.World, PrototypeWorld  # type: ignore[misc]
    try:
        return base.play(seed, scenario, profile, known=known)
    finally:
        base.World = before  # type: ignore[misc]
