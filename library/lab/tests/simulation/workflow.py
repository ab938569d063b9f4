"""A compact interpreter of the shipped state machine (Amazon States Language, JSONPath), over simulated services.

It follows the language's specification for the states and fields that the file uses. An unknown field or state type
raises NotImplementedError: the file has outgrown the interpreter.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any, Final, Protocol

from tests.map_runs import DATA_LIMIT, READER, TERMINAL, THRESHOLD, exceeds, fits, record_of_failed

from .profile import ABORTED, BUSY, LOST
from .scheduler import Activity, Scheduler

Json = Any

_FIELDS: Final = frozenset(
    (
        *("Type", "Comment", "Next", "End", "TimeoutSeconds", "Retry", "Catch"),
        *("Resource", "Parameters", "ResultSelector", "ResultPath", "Result"),
        *("Choices", "Default", "Seconds", "Error", "Cause", "CausePath"),
        *("ItemReader", "ItemSelector", "MaxConcurrency", "ToleratedFailurePercentage", "ItemProcessor"),
    )
)
"""The fields of states that are interpreted."""


class StatesError(Exception):
    """An error by its name, as a state's Retry and Catch see it."""

    def __init__(self, name: str, cause: str = "") -> None:
        super().__init__(name)
        self.name = name
        self.cause = cause


class Integrations(Protocol):
    """What the machine's tasks call. Each raises StatesError."""

    def invoke(self, function: str, payload: Json) -> Activity:
        """Start an invocation; its result is the answer, its error has ``name``."""
        ...

    def update_item(self, parameters: Json) -> Json:
        """Call dynamodb:updateItem with the API's parameters."""
        ...

    def publish(self, parameters: Json) -> Json:
        """Call sns:publish."""
        ...

    def read_object(self, bucket: str, key: str) -> bytes:
        """Return an object's bytes."""
        ...


class Halted(Exception):
    """A Fail state, or an error that nothing caught."""

    def __init__(self, name: str, cause: str) -> None:
        super().__init__(name)
        self.name = name
        self.cause = cause


@dataclass(eq=False)
class Execution:
    """One execution: its input, and how it ended. ``at`` and ``carried`` are where a redrive goes on."""

    id: str
    input: Json
    started: float = 0.0
    status: str = "RUNNING"
    output: Json = None
    error: str = ""
    cause: str = ""
    at: str = ""
    carried: Json = None
    redrives: int = 0
    lists: set[str] = field(default_factory=set)
    done_children: dict[str, dict[int, Json]] = field(default_factory=dict)


class Machine:
    """The state machine: runs executions as activities.

    Args:
        definition: the ASL document, with its values substituted.
        scheduler: runs its activities.
        services: what the tasks call.
    """

    def __init__(self, definition: Json, scheduler: Scheduler, services: Integrations) -> None:
        self.definition = definition
        self.scheduler = scheduler
        self.services = services
        self.executions: list[Execution] = []
        self.tokens = 0
        self.wait: Callable[[str, float], None] = lambda _, seconds: scheduler.sleep(seconds)
        _check(definition["States"])

    def start(self, data: Json) -> Activity:
        """Start an execution."""
        number = len(self.executions) + 1
        execution = Execution(f"execution-{number}", json.loads(json.dumps(data)), self.scheduler.now())
        execution.at, execution.carried = self.definition["StartAt"], execution.input
        self.executions.append(execution)
        return self.scheduler.spawn(f"e{number}", lambda: self._run(execution))

    def redrive(self, execution: Execution) -> Activity:
        """Go on at the state that failed; a map starts its failed children alone."""
        execution.status, execution.error = "RUNNING", ""
        execution.redrives += 1
        return self.scheduler.spawn(f"e{execution.id.rpartition('-')[2]}r", lambda: self._run(execution))

    def _run(self, execution: Execution) -> None:
        try:
            walk = Walk(self, execution, self.definition["States"], {})
            execution.output = walk.go(execution.at, execution.carried)
            execution.status = "SUCCEEDED"
        except Halted as halted:
            execution.status, execution.error, execution.cause = "FAILED", halted.name, halted.cause


def substituted(text: str, values: Mapping[str, Any]) -> Json:
    """Return the ASL document with its ``${name}``s replaced."""
    return json.loads(re.sub(r"\$\{(\w+)\}", lambda match: str(values[match[1]]), text))


def _check(states: Json) -> None:
    for name, state in states.items():
        if unknown := set(state) - _FIELDS:
            raise NotImplementedError(f"{name}: {', '.join(sorted(unknown))}")
        if "ItemProcessor" in state:
            _check(state["ItemProcessor"]["States"])


_WAITS: Final = "aws-sdk:dynamodb:updateItem.waitForTaskToken"
_WRITTEN: Final = ("MarkImported", "UndoList", "CompensateError")
"""States after the import of parts."""


class Walk:
    """One pass through states: of an execution, or of a map's child, whose context has ``Map``."""

    def __init__(self, machine: Machine, execution: Execution, states: Json, context: Json, name: str = "") -> None:
        self._machine = machine
        self._scheduler = machine.scheduler
        self._services = machine.services
        self._execution = execution
        self._states = states
        self._name = name
        self._context: Json = {"Execution": {"Id": execution.id, "StartTime": _stamp(execution.started)}, **context}

    def go(self, at: str, data: Json) -> Json:
        """Run from a state to the end; return the output."""
        while True:
            if not self._name:
                self._execution.at, self._execution.carried = at, data
                self._abort(at)
            state = self._states[at]
            entered: Json = {"Name": at, "EnteredTime": _stamp(self._scheduler.now())}
            self._context["State"] = entered
            output, following = self._state(at, state, data)
            if following is None:
                return output
            at, data = following, output

    def _abort(self, at: str) -> None:
        profile = self._scheduler.profile
        rate = max(profile.abort, profile.abort_written) if at in _WRITTEN else profile.abort
        if self._scheduler.fault(ABORTED, lambda random: True if random.random() < rate else None):
            raise Halted("Aborted", "")

    def _state(self, name: str, state: Json, data: Json) -> tuple[Json, str | None]:
        kind = state["Type"]
        if kind == "Choice":
            return data, _choice(state, data)
        if kind == "Succeed":
            return data, None
        if kind == "Fail":
            raise Halted(state.get("Error", ""), state.get("Cause", "") or str(self._path(state["CausePath"], data)))
        if kind == "Wait":
            self._scheduler.sleep(state["Seconds"])
            return data, state.get("Next")
        if kind == "Pass":
            return self._passed(state, data), state.get("Next")
        return self._tried(name, state, data)

    def _passed(self, state: Json, data: Json) -> Json:
        result = state.get("Result", data)
        if "Parameters" in state:
            result = self._template(state["Parameters"], data)
        return _placed(state, data, result)

    def _tried(self, name: str, state: Json, data: Json) -> tuple[Json, str | None]:
        tries: dict[int, int] = {}
        while True:
            try:
                result = self._task(state, data) if state["Type"] == "Task" else self._map(name, state, data)
                if "ResultSelector" in state:
                    result = self._template(state["ResultSelector"], result)
                return _placed(state, data, result), state.get("Next")
            except StatesError as error:
                if self._wait_for_retry(state, error, tries):
                    continue
                return self._caught(state, data, error)

    def _wait_for_retry(self, state: Json, error: StatesError, tries: dict[int, int]) -> bool:
        for number, retrier in enumerate(state.get("Retry", [])):
            if _matches(retrier["ErrorEquals"], error.name):
                tried = tries.get(number, 0)
                if tried >= retrier.get("MaxAttempts", 3):
                    return False
                tries[number] = tried + 1
                self._context["State"]["RetryCount"] = sum(tries.values())
                self._scheduler.sleep(_delay(retrier, tried, self._scheduler.own_random()))
                return True
        return False

    def _caught(self, state: Json, data: Json, error: StatesError) -> tuple[Json, str | None]:
        for catcher in state.get("Catch", []):
            if _matches(catcher["ErrorEquals"], error.name):
                error_output = {"Error": error.name, "Cause": error.cause}
                return _placed(catcher, data, error_output), catcher["Next"]
        raise Halted(error.name, error.cause)

    # Tasks.

    def _task(self, state: Json, data: Json) -> Json:
        resource = state["Resource"].rpartition(":::")[2]
        if resource == _WAITS:
            return self._wait_for_token(state, data)
        parameters = self._template(state.get("Parameters", {}), data)
        if resource == "lambda:invoke":
            return self._invoke(parameters, state.get("TimeoutSeconds", 99_999_999))
        if resource == "dynamodb:updateItem":
            return self._services.update_item(parameters)
        if resource == "sns:publish":
            return self._services.publish(parameters)
        raise NotImplementedError(resource)

    def _wait_for_token(self, state: Json, data: Json) -> Json:
        self._machine.tokens += 1
        token = f"{self._execution.id}-token-{self._machine.tokens}"
        parameters = self._template(state["Parameters"], data, {"Task": {"Token": token}})
        try:
            self._services.update_item(parameters)
        except StatesError as error:
            # The prefix of the AWS SDK integration.
            raise StatesError(error.name.replace("DynamoDB.", "DynamoDb."), error.cause) from None
        self._machine.wait(token, state["TimeoutSeconds"])
        return {}

    def _invoke(self, parameters: Json, timeout: float) -> Json:
        if self._busy():
            raise StatesError("Lambda.TooManyRequestsException")
        started = self._scheduler.clock
        invocation = self._services.invoke(parameters["FunctionName"], parameters.get("Payload", {}))
        lost = self._lost()
        if self._scheduler.join([invocation], started + min(timeout, timeout if lost is None else lost)):
            return {"Payload": _answer(invocation), "StatusCode": 200}
        self._scheduler.trace.append((self._scheduler.clock, invocation.name, "connection", LOST))
        if (pause := self._scheduler.pick("hold", self._drawn_pause)) and not invocation.done:
            self._scheduler.hold(invocation, pause)
        # A connection that breaks is an error of the SDK's; the invocation goes on.
        raise StatesError("States.Timeout" if lost is None else "Lambda.SdkClientException")

    def _busy(self) -> bool:
        rate = self._scheduler.profile.busy
        return bool(self._scheduler.fault(BUSY, lambda random: True if random.random() < rate else None))

    def _lost(self) -> float | None:
        return self._scheduler.fault(LOST, self._drawn_loss)

    @staticmethod
    def _drawn_pause(random: Random) -> float | None:
        """Draw how long a function hangs whose caller has lost it: often until long after the next try."""
        return round(random.choice((0.0, 1.0, 10.0, 60.0, 300.0)) * random.random(), 2) or None

    def _drawn_loss(self, random: Random) -> float | None:
        profile = self._scheduler.profile
        return (
            round(random.choice((0.0, 0.1, 1.0, 30.0)) * random.random(), 2) if random.random() < profile.lost else None
        )

    # Maps.

    def _map(self, name: str, state: Json, data: Json) -> Json:
        items = self._items(state, data)
        completed = self._execution.done_children.setdefault(name, {})
        remaining = [index for index in range(len(items)) if index not in completed]
        most = state.get("MaxConcurrency") or 1000
        running: list[Activity] = []
        failed: dict[int, Json] = {}
        while remaining or running:
            while remaining and len(running) < most:
                index = remaining.pop(0)
                running.append(self._child(name, state, data, index, items[index], failed))
            self._scheduler.join(running)
            running = [child for child in running if not child.done]
            if exceeds(len(failed), len(items), state.get("ToleratedFailurePercentage", 0)):
                # AWS stops the other children. Their functions go on, and here also their retries.
                raise StatesError(THRESHOLD)
        outputs = [output for _, output in sorted({**completed, **failed}.items())]
        if not fits(outputs):
            raise StatesError(DATA_LIMIT)
        # A redrive enters the map that failed; one that was passed and is entered again starts all of its children.
        self._execution.done_children.pop(name)
        return outputs

    def _items(self, state: Json, data: Json) -> list[Json]:
        reader = self._template(state["ItemReader"]["Parameters"], data)
        try:
            return json.loads(self._services.read_object(reader["Bucket"], reader["Key"]))
        except StatesError as error:
            raise StatesError(READER, error.cause) from None

    def _child(self, name: str, state: Json, data: Json, index: int, item: Json, failed: dict[int, Json]) -> Activity:
        context = {"Map": {"Item": {"Index": index, "Value": item}}}
        chosen = self._template(state["ItemSelector"], data, context) if "ItemSelector" in state else item
        processor = state["ItemProcessor"]
        me = self._scheduler.me
        assert me is not None
        label = f"{me.name}.{name}[{index}]"
        walk = Walk(self._machine, self._execution, processor["States"], context, label)

        def work() -> None:
            try:
                output = walk.go(processor["StartAt"], chosen)
            except Halted as halted:
                failed[index] = record_of_failed(name, chosen, halted.name, halted.cause)
                return
            self._execution.done_children[name][index] = output

        return self._scheduler.spawn(label, work)

    # Data.

    def _template(self, template: Json, data: Json, context: Json = None) -> Json:
        if isinstance(template, list):
            return [self._template(element, data, context) for element in template]
        if not isinstance(template, dict):
            return template
        return dict(self._member(name, value, data, context) for name, value in template.items())

    def _member(self, name: str, value: Json, data: Json, context: Json) -> tuple[str, Json]:
        if name.endswith(".$"):
            return name[:-2], self._path(value, data, context)
        return name, self._template(value, data, context)

    def _path(self, expression: str, data: Json, context: Json = None) -> Json:
        return evaluate(expression, data, {**self._context, **(context or {})})


def _answer(invocation: Activity) -> Json:
    if invocation.dead == "timeout":
        raise StatesError("Sandbox.Timedout")
    if invocation.dead:
        raise StatesError("Lambda.Unknown")
    if invocation.error is not None:
        raise StatesError(type(invocation.error).__name__, str(invocation.error))
    return json.loads(json.dumps(invocation.result))


def _delay(retrier: Json, tried: int, random: Random) -> float:
    delay = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** tried
    delay = min(delay, retrier.get("MaxDelaySeconds", delay))
    return random.uniform(0, delay) if retrier.get("JitterStrategy") == "FULL" else delay


def _matches(names: Sequence[str], error: str) -> bool:
    if error in names:
        return True
    if "States.TaskFailed" in names and error != "States.Timeout" and error not in TERMINAL:
        return True
    return "States.ALL" in names and error not in TERMINAL


def _placed(state: Json, data: Json, result: Json) -> Json:
    path = state.get("ResultPath", "$")
    if path is None:
        return data
    if path == "$":
        return result
    output = json.loads(json.dumps(data))
    *above, last = path.removeprefix("$.").split(".")
    at = output
    for name in above:
        at = at.setdefault(name, {})
    at[last] = result
    return output


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _choice(state: Json, data: Json) -> str:
    for rule in state["Choices"]:
        if _holds(rule, data):
            return rule["Next"]
    if "Default" not in state:
        raise Halted("States.NoChoiceMatched", "")
    return state["Default"]


def _holds(rule: Json, data: Json) -> bool:
    if "And" in rule:
        return all(_holds(part, data) for part in rule["And"])
    if "Or" in rule:
        return any(_holds(part, data) for part in rule["Or"])
    if "Not" in rule:
        return not _holds(rule["Not"], data)
    try:
        value = evaluate(rule["Variable"], data, {})
    except StatesError:
        if "IsPresent" in rule:
            return not rule["IsPresent"]
        raise Halted("States.Runtime", rule["Variable"]) from None
    return all(_compared(name, expected, value) for name, expected in rule.items() if name not in ("Variable", "Next"))


def _compared(name: str, expected: Json, value: Json) -> bool:
    if name == "IsPresent":
        return expected
    if name in ("StringEquals", "BooleanEquals", "NumericEquals"):
        return value == expected
    raise NotImplementedError(name)


# Paths and intrinsic functions.

_TOKEN: Final = re.compile(
    r"\s*(?:(States\.\w+)\s*\(|('(?:[^'\\]|\\.)*')|(\$\$?[^\s,()]*)|(-?\d+(?:\.\d+)?)|(\w+)|([,()]))"
)


def evaluate(expression: str, data: Json, context: Json) -> Json:
    """Return the value of a path or an intrinsic function.

    Raises:
        StatesError: the path is not there.
    """
    if expression.startswith("$"):
        return _walked(expression, data, context)
    tokens = _tokens(expression)
    return _call(next(tokens)[1], tokens, data, context)


def _tokens(expression: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(expression):
        match = _TOKEN.match(expression, at)
        if match is None:
            raise StatesError("States.IntrinsicFailure", expression)
        at = match.end()
        kind = ("function", "text", "path", "number", "word", "mark")[(match.lastindex or 1) - 1]
        yield kind, match[match.lastindex or 1]


def _call(name: str, tokens: Iterator[tuple[str, str]], data: Json, context: Json) -> Json:
    arguments: list[Json] = []
    for kind, text in tokens:
        if kind == "mark":
            if text == ")":
                return _INTRINSICS[name](*arguments)
        elif kind == "function":
            arguments.append(_call(text, tokens, data, context))
        else:
            arguments.append(_argument(kind, text, data, context))
    raise StatesError("States.IntrinsicFailure", name)


def _argument(kind: str, text: str, data: Json, context: Json) -> Json:
    if kind == "text":
        return text[1:-1]
    return _walked(text, data, context) if kind == "path" else json.loads(text)


def _format(template: str, *values: Json) -> str:
    remaining = iter(values)

    def filled(match: re.Match[str]) -> str:
        if match[0] == "{}":
            value = next(remaining)
            return value if isinstance(value, str) else json.dumps(value)
        return match[0][1:]

    return re.sub(r"\{\}|\\.", filled, template)


_INTRINSICS: Final[Mapping[str, Callable[..., Json]]] = {
    "States.Format": _format,
    "States.StringToJson": lambda text: json.loads(text),
    "States.JsonToString": lambda value: json.dumps(value, separators=(",", ":")),
    "States.JsonMerge": lambda first, second, _deep: {**first, **second},
    "States.Array": lambda *values: list(values),
    "States.ArrayLength": len,
    "States.ArrayContains": lambda values, element: element in values,
    "States.MathAdd": lambda first, other: first + other,
}


def _walked(path: str, data: Json, context: Json) -> Json:
    at = data
    if path.startswith("$$"):
        at, path = context, path[1:]
    for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", path):
        try:
            at = at[name] if name else at[int(index)]
        except (KeyError, IndexError, TypeError):
            raise StatesError("States.ParameterPathFailure", path) from None
    return at
