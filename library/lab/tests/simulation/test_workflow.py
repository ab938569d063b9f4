"""The interpreter of the state machine: paths, intrinsic functions, retries, catches, maps and redrives."""

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

from bounded_context_infra.configuration.project import current, list_workflow
from tests.map_runs import DATA_LIMIT, THRESHOLD

from .profile import Profile
from .scheduler import Activity, Scheduler
from .workflow import Execution, Machine, StatesError, evaluate, substituted


class Throttled(Exception):
    """An error by its name."""


class Services:
    """Invocations of one function, which fail as often as ``failures`` says."""

    def __init__(self, scheduler: Scheduler, failures: int = 0, items: bytes = b"[]") -> None:
        self.scheduler = scheduler
        self.failures = failures
        self.items = items
        self.payloads: list[Any] = []

    def invoke(self, function: str, payload: Any) -> Activity:
        """Start an invocation."""
        self.payloads.append(payload)

        def work() -> Any:
            if self.failures:
                self.failures -= 1
                raise Throttled
            return {"seen": payload}

        return self.scheduler.spawn(function, work, function=function)

    def update_item(self, parameters: Any) -> Any:  # noqa: ARG002
        """Refuse."""
        raise StatesError("DynamoDB.ConditionalCheckFailedException")

    def publish(self, parameters: Any) -> Any:
        """Return what was published."""
        return parameters

    def read_object(self, bucket: str, key: str) -> bytes:  # noqa: ARG002
        """Return the items."""
        return self.items


def played(states: dict[str, Any], services: Callable[[Scheduler], Services], data: Any = None) -> Execution:
    """Run one execution to its end."""
    scheduler = Scheduler(0, Profile())
    machine = Machine({"StartAt": next(iter(states)), "States": states}, scheduler, services(scheduler))
    machine.start({} if data is None else data)
    scheduler.run()
    return machine.executions[0]


def task(**more: Any) -> dict[str, Any]:
    """Return a state that invokes a function with its input."""
    parameters = {"FunctionName": "f", "Payload.$": "$"}
    return {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": parameters, "End": True, **more}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$.a.b", 1),
        ("$$.Execution.Id", "x"),
        ("States.Format('{}-{}', $.a.b, 'y')", "1-y"),
        (r"States.StringToJson(States.Format('\{\"n\":{}\}', $.a.b))", {"n": 1}),
        ("States.JsonMerge($.a, $.c, false)", {"b": 2}),
        ("States.JsonToString($.a)", '{"b":1}'),
    ],
)
def test_expressions(expression: str, expected: Any):
    assert evaluate(expression, {"a": {"b": 1}, "c": {"b": 2}}, {"Execution": {"Id": "x"}}) == expected


def test_a_path_that_is_not_there_is_an_error():
    with pytest.raises(StatesError) as error:
        evaluate("$.b", {"a": 1}, {})
    assert error.value.name == "States.ParameterPathFailure"


@pytest.mark.parametrize(("attempts", "status"), [(1, "FAILED"), (2, "SUCCEEDED")])
def test_a_task_is_retried_as_often_as_its_retrier_permits(attempts: int, status: str):
    retry = [{"ErrorEquals": ["Throttled"], "IntervalSeconds": 2, "MaxAttempts": attempts}]
    ended = played({"Try": task(Retry=retry)}, lambda scheduler: Services(scheduler, failures=2))
    assert ended.status == status
    assert ended.error == ("Throttled" if status == "FAILED" else "")


def test_an_error_is_caught_by_its_name():
    catch = [
        {"ErrorEquals": ["Other"], "Next": "Wrong"},
        {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Caught"},
    ]
    states = {"Try": task(Catch=catch), "Wrong": {"Type": "Fail"}, "Caught": {"Type": "Pass", "End": True}}
    ended = played(states, lambda scheduler: Services(scheduler, failures=1), {"kept": 1})
    assert ended.output == {"kept": 1, "error": {"Error": "Throttled", "Cause": ""}}


def _map(**more: Any) -> dict[str, Any]:
    processor = {"StartAt": "Child", "States": {"Child": task()}}
    reader = {"Resource": "", "Parameters": {"Bucket": "b", "Key": "k"}}
    selector = {"list.$": "$.list", "part.$": "$$.Map.Item.Value"}
    return {
        "Type": "Map",
        "ItemReader": reader,
        "ItemSelector": selector,
        "ItemProcessor": processor,
        "End": True,
        **more,
    }


def test_a_map_starts_a_child_for_each_item():
    scheduler = Scheduler(0, Profile())
    services = Services(scheduler, items=b"[1, 2, 3]")
    machine = Machine({"StartAt": "Map", "States": {"Map": _map(MaxConcurrency=2)}}, scheduler, services)
    machine.start({"list": "l"})
    scheduler.run()
    assert services.payloads == [{"list": "l", "part": part} for part in (1, 2, 3)]


def test_a_redrive_starts_the_failed_children_alone():
    scheduler = Scheduler(0, Profile())
    services = Services(scheduler, failures=1, items=b"[1, 2, 3]")
    machine = Machine({"StartAt": "Map", "States": {"Map": _map()}}, scheduler, services)
    machine.start({"list": "l"})
    scheduler.run()
    [execution] = machine.executions
    assert (execution.status, execution.error) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    machine.redrive(execution)
    scheduler.run()
    assert execution.status == "SUCCEEDED"
    assert [payload["part"] for payload in services.payloads] == [1, 2, 3, 1]


_CAUGHT: dict[str, Any] = {
    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
    "Next": "Caught",
}


def _caught_map(failures: int, items: int, **more: Any) -> Execution:
    """Run a map of children that fail at first, with a catcher of all errors."""
    state = {name: value for name, value in _map(**_CAUGHT, **more).items() if name != "End"}
    numbers = json.dumps(list(range(items))).encode()
    states = {"Map": state, "Caught": {"Type": "Pass", "End": True}}
    return played(states, lambda scheduler: Services(scheduler, failures, numbers), {"list": "l"})


@pytest.mark.parametrize(
    ("failures", "percentage", "error"),
    [(0, 0, None), (1, 0, THRESHOLD), (1, 49, THRESHOLD), (1, 50, None), (2, 100, None)],
)
def test_a_map_fails_with_more_failed_children_than_it_tolerates(failures: int, percentage: int, error: str | None):
    output = _caught_map(failures, 2, ToleratedFailurePercentage=percentage).output
    assert (output["Error"] if isinstance(output, dict) else None) == error


def test_the_output_of_a_map_has_the_record_of_each_failed_child():
    ended = _caught_map(1, 2, ToleratedFailurePercentage=100)
    [failed, succeeded] = ended.output
    assert (failed["Status"], failed["Error"], json.loads(failed["Input"])) == (
        "FAILED",
        "Throttled",
        {"list": "l", "part": 0},
    )
    assert succeeded["Payload"] == {"seen": {"list": "l", "part": 1}}


def test_a_map_whose_output_is_larger_than_the_state_ends_the_execution():
    ended = _caught_map(1000, 1000, ToleratedFailurePercentage=100, MaxConcurrency=20)
    assert (ended.status, ended.error) == ("FAILED", DATA_LIMIT)


PARTS = 2000
"""The parts of a list of 100 million rows."""


class FailingChildren(Services):
    """The steps of a list. All children of some functions fail, with errors of the usual size."""

    def __init__(self, scheduler: Scheduler, *failing: str) -> None:
        super().__init__(scheduler, items=json.dumps([{"part": number} for number in range(PARTS)]).encode())
        self.failing = failing
        self.calls: dict[str, int] = defaultdict(int)

    def invoke(self, function: str, payload: Any) -> Activity:
        """Start an invocation of a step or of a child."""
        child = bool({"part", "range"} & payload.keys())
        self.calls[function] += child

        def work() -> Any:
            if child and function in self.failing:
                raise StagingGone("x" * 3000)
            return {} if child else _answer(function, payload)

        return self.scheduler.spawn(function, work, function=function)


class StagingGone(Exception):
    """An error that the undo does not retry."""


def _answer(step: str, payload: Any) -> dict[str, Any]:
    """Return the answer of a step: the list is split into ranges and parts, and fails."""
    split = payload.get("outcome") != "SPLIT"
    outcomes = {
        "register_list": "REGISTERED",
        "validate_list": "SPLIT" if split else "VALIDATED",
        "verification": "SPLIT" if split else "VERIFIED",
        "compensate_error": "FAILED",
    }
    event = {"type": "ListRejected", "subject": "l", "traceparent": "t"}
    return {"list_id": "l", "outcome": outcomes[step], "event": event, "cause": "why"}


@pytest.mark.parametrize(
    ("failing", "undone"), [(["validate_list"], 0), (["verification"], 0), (["import_list", "compensate_error"], PARTS)]
)
def test_a_list_is_closed_of_which_all_children_fail(failing: list[str], undone: int):
    steps = ("register_list", "validate_list", "verification", "import_list", "compensate_error")
    values = {f"{step}_arn": step for step in steps}
    stack = {
        "inbox_bucket": "b",
        "table_name": "t",
        "topic_arn": "a",
        "import_concurrency": 20,
        "verification_concurrency": 20,
    }
    scheduler = Scheduler(0, Profile())
    services = FailingChildren(scheduler, *failing)
    machine = Machine(substituted(list_workflow(current().context), values | stack), scheduler, services)
    machine.start({"path": "/b/k"})
    scheduler.run()
    [execution] = machine.executions
    assert (execution.error, execution.cause) == ("ListFailed", "why")
    assert services.calls["compensate_error"] == undone


def test_a_field_that_is_not_interpreted_is_reported():
    with pytest.raises(NotImplementedError, match="OutputPath"):
        played({"Try": task(OutputPath="$")}, Services)
