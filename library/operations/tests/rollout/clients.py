"""AWS in memory, for what moto lacks: no call passes that botocore's own shapes would not let pass."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from threading import RLock
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.model import OperationModel
from botocore.validate import ParamValidator


class FakeClock:
    """Time that passes only when somebody sleeps; `at` lets something happen meanwhile."""

    def __init__(self) -> None:
        self.began = self._now = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
        self.ticks: list[Callable[[], None]] = []
        self._plans: list[tuple[datetime, Callable[[], Any]]] = []

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        assert self._now < self.began + timedelta(days=1), "the run does not end"
        for tick in self.ticks:
            tick()
        due = [plan for plan in self._plans if plan[0] <= self._now]
        self._plans = [plan for plan in self._plans if plan not in due]
        for _, happens in due:
            happens()

    def at(self, minutes: float, happens: Callable[[], Any]) -> None:
        self._plans.append((self.began + timedelta(minutes=minutes), happens))

    @property
    def minutes(self) -> float:
        return (self._now - self.began).total_seconds() / 60


def error(operation: str, code: str, message: str = "as asked", status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}},  # pyrefly: ignore[bad-typed-dict-key] (the members that are read)
        operation,
    )


@cache
def _operations(service: str) -> dict[str, OperationModel]:
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name): model.operation_model(name) for name in model.operation_names}


class Client:
    """A boto3 client whose method `x` is answered by `_x`. `before` and `after` hold errors to raise around a call.

    `meanwhile` holds what others do right before a call is answered.
    """

    service = ""

    def __init__(self) -> None:
        self.before: dict[str, list[Exception]] = defaultdict(list)
        self.after: dict[str, list[Exception]] = defaultdict(list)
        self.meanwhile: dict[str, Callable[[], Any]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._lock = RLock()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = _operations(self.service).get(name)
        if operation is None:
            raise AttributeError(name)
        return lambda **parameters: self._call(name, operation, parameters)

    def _call(self, name: str, operation: OperationModel, parameters: dict[str, Any]) -> Any:
        assert operation.input_shape
        problems = ParamValidator().validate(parameters, operation.input_shape)
        assert not problems.has_errors(), problems.generate_report()
        with self._lock:
            self.calls.append((name, parameters))
            if self.before[name]:
                raise self.before[name].pop(0)
            if name in self.meanwhile:
                self.meanwhile[name]()
            answer = getattr(self, f"_{name}")(**parameters)
            if self.after[name]:
                raise self.after[name].pop(0)
        unknown = set(answer) - set(operation.output_shape.members if operation.output_shape else {})
        assert not unknown, f"{name} has no {unknown} in its answer"
        return answer

    def get_paginator(self, name: str) -> "_Pages":
        return _Pages(getattr(self, name))

    def called(self, name: str) -> list[dict[str, Any]]:
        return [parameters for called, parameters in self.calls if called == name]


class _Pages:
    def __init__(self, call: Callable[..., Any]) -> None:
        self._list = call

    def paginate(self, **parameters: Any) -> Iterator[dict[str, Any]]:
        page = self._list(**parameters)
        yield page
        while token := page.get("nextToken"):
            page = self._list(**parameters, nextToken=token)
            yield page


class CloudWatch(Client):
    """Alarms, of which `firing` are in ALARM."""

    service = "cloudwatch"

    def __init__(self) -> None:
        super().__init__()
        self.firing: set[str] = set()

    def _describe_alarms(self, AlarmNames: list[str], **_: Any) -> dict[str, Any]:  # noqa: N803
        states = {name: "ALARM" if name in self.firing else "OK" for name in AlarmNames}
        return {"MetricAlarms": [{"AlarmName": name, "StateValue": state} for name, state in states.items()]}


class StepFunctions(Client):
    """One state machine with an alias; `shares` are the routings that it had, and when."""

    service = "stepfunctions"

    def __init__(self, clock: FakeClock, machine: str) -> None:
        super().__init__()
        self.machine = machine
        self.newest = 1
        self.deleted: set[int] = set()
        self.weights = {"1": 100}
        self.description = ""
        self.shares: list[tuple[float, dict[str, int]]] = []
        self._clock = clock
        self.updated = clock.now()

    @property
    def versions(self) -> list[int]:
        """The numbers of the versions, the newest first."""
        return [number for number in range(self.newest, 0, -1) if number not in self.deleted]

    def route(self, weights: dict[str, int], description: str = "") -> None:
        """Move the alias as somebody else would."""
        self.weights = weights
        self.description = description
        self.updated = self._clock.now()

    def _list_state_machine_versions(self, stateMachineArn: str, nextToken: str = "") -> dict[str, Any]:  # noqa: N803
        assert stateMachineArn == self.machine
        number, *others = self.versions[int(nextToken or 0) :]
        page: dict[str, Any] = {"stateMachineVersions": [{"stateMachineVersionArn": f"{self.machine}:{number}"}]}
        return {**page, "nextToken": str(int(nextToken or 0) + 1)} if others else page

    def _delete_state_machine_version(self, stateMachineVersionArn: str) -> dict[str, Any]:  # noqa: N803
        machine, _, version = stateMachineVersionArn.rpartition(":")
        assert machine == self.machine
        if version in self.weights:
            raise error("DeleteStateMachineVersion", "ConflictException")
        self.deleted.add(int(version))
        return {}

    def _describe_state_machine_alias(self, stateMachineAliasArn: str) -> dict[str, Any]:  # noqa: N803
        assert stateMachineAliasArn == f"{self.machine}:live"
        routes = [
            {"stateMachineVersionArn": f"{self.machine}:{version}", "weight": weight}
            for version, weight in self.weights.items()
        ]
        return {"routingConfiguration": routes, "description": self.description, "updateDate": self.updated}

    def _update_state_machine_alias(
        self,
        stateMachineAliasArn: str,  # noqa: N803
        routingConfiguration: list[dict[str, Any]],  # noqa: N803
        description: str,
    ) -> dict[str, Any]:
        assert stateMachineAliasArn == f"{self.machine}:live"
        routes = {route["stateMachineVersionArn"]: route["weight"] for route in routingConfiguration}
        before, self.weights = self.weights, {version.rpartition(":")[2]: weight for version, weight in routes.items()}
        assert sum(self.weights.values()) == 100
        assert len(self.weights) <= 2
        assert self.deleted.isdisjoint(map(int, self.weights)), "a deleted version would get executions"
        self.description, self.updated = description, self._clock.now()
        if self.weights != before:
            self.shares.append((round(self._clock.minutes), self.weights))
        return {"updateDate": self._clock.now()}
