"""A second interpreter of the state machine: LocalStack's in moto, whose behaviour was recorded on AWS.

It runs the shipped definition over the deployed handlers. Two things differ from AWS: `adapted` rewrites the parts of
the definition that the interpreter refuses, and the waits before a retry are a thousandth as long. `rules_of_maps` adds
AWS's documented rules of failed children, which the interpreter lacks: its maps succeed with any failed children.
"""

import json
import math
import re
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import boto3
import pytest
from botocore.config import Config
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.comparisons import FuncSize
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker, SyncExecutionWorker
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from bounded_context.testing.functions import BUCKET, TABLE, LambdaContext
from bounded_context_infra.configuration.project import current
from bounded_context_local.testing.plugin import REGION
from tests.contract.rules_of_maps import apply_rules_of_maps
from tests.handlers.functions import handler

Definition = dict[str, Any]
Handle = Callable[[Any], Any]
Behaviour = Callable[[Any, Handle], Any]
"""What a function does with a payload, given its handler: it may raise, before the handler runs or after."""

_FASTER: Final = 1000
_STEPS: Final = ("register_list", "validate_list", "import_list", "compensate_error")
_BRACES: Final = re.compile(r"States\.Format\('\\\{(.*?)\\\}', (.*?)\)")


class ServiceError(Exception):
    """Lambda itself refuses a call: its HTTP status and its exception's name."""

    def __init__(self, status: int, name: str) -> None:
        super().__init__(name)
        self.status = status
        self.name = name


class Broken(Exception):
    """A fault of a function's code."""


def shipped(topic_arn: str) -> Definition:
    """Return the repository's definition, filled in as the program fills it in."""
    project = current()
    steps = {f"{step}_arn": _arn(step) for step in _STEPS} | {
        "verification_arn": _arn(project.context.verification_step)
    }
    concurrency = {"import_concurrency": "2", "verification_concurrency": "2"}
    values = steps | concurrency | {"inbox_bucket": BUCKET, "table_name": TABLE, "topic_arn": topic_arn}
    return json.loads(re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], project.list_workflow(project.context)))


def _arn(step: str) -> str:
    return f"arn:aws:lambda:{REGION}:{DEFAULT_ACCOUNT_ID}:function:{step}:live"


def adapted(node: Any) -> Any:
    """Return the definition in a form that the interpreter takes, with the same meaning.

    - Its parser refuses a whole number as `ToleratedFailurePercentage`.
    - Its `States.Format` keeps the backslashes of escaped braces: here, braces are arguments.
    """
    if isinstance(node, list):
        return [adapted(child) for child in node]
    if isinstance(node, str):
        return _BRACES.sub(r"States.Format('{}\1{}', '{', \2, '}')", node)
    if not isinstance(node, dict):
        return node
    members = {name: adapted(child) for name, child in node.items()}
    if "ToleratedFailurePercentage" in members:
        members["ToleratedFailurePercentage"] = float(members["ToleratedFailurePercentage"])
    return members


@dataclass
class Lambda:
    """Lambda's Invoke over the handlers of the context.

    Attributes:
        payloads: the payloads of each function's calls, in their order.
        instead: functions that behave differently from their handlers.
        waits: the seconds that the definition waits before each retry.
    """

    payloads: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    instead: dict[str, Behaviour] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._alone = Lock()

    @property
    def counts(self) -> dict[str, int]:
        """How often each function was called."""
        return {step: len(payloads) for step, payloads in self.payloads.items()}

    def fails(self, step: str, *errors: Exception, times: float = math.inf, late: bool = False) -> None:
        """Let a function fail the first times that it is called with a payload; `late`: after its handler has run.

        Of several errors, each is the next call's, and then the first again.
        """

        def failing(payload: Any, handle: Handle) -> Any:
            tried = self.payloads[step].count(payload)
            answer = handle(payload) if late or tried > times else None
            if tried <= times:
                raise errors[tried % len(errors)]
            return answer

        self.instead[step] = failing

    def answer(self, step: str, payload: Any) -> tuple[int, dict[str, str], Any]:
        """Return the status, headers and body of Lambda's answer. One call runs at a time, as all share a process."""
        behaviour = self.instead.get(step, lambda payload, handle: handle(payload))
        with self._alone:
            self.payloads[step].append(payload)
            try:
                answer = behaviour(payload, lambda event: handler(step)(event, LambdaContext(function_name=step)))
            except ServiceError as error:
                return error.status, {"x-amzn-ErrorType": error.name}, {"Message": error.name}
            except Exception as error:
                trace = traceback.format_tb(error.__traceback__)
                body = {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": trace}
                return 200, {"X-Amz-Function-Error": "Unhandled"}, body
            return 200, {}, answer

    def wait(self, seconds: float) -> None:
        """Wait before a retry."""
        self.waits.append(seconds)
        time.sleep(seconds / _FASTER)


@contextmanager
def serving(functions: Lambda) -> Iterator[str]:
    """Serve Lambda's Invoke on a free port of 127.0.0.1, and yield the URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            step = unquote(urlsplit(self.path).path).split("/")[3].split(":")[6]
            payload = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, headers, answered = functions.answer(step, payload)
            body = json.dumps(answered).encode()
            self.send_response(status)
            for name, value in {**headers, "x-amzn-RequestId": "request-1", "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Write nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _size(function: FuncSize, item: Any) -> int | None:
    """Return the size of an attribute, or None if it is absent, so that no comparison is true."""
    return None if function.attr.get_type(item) is None else len(function.attr.expr(item))


@dataclass(frozen=True)
class Run:
    """An execution that is over: its status, output and error, and the states that it entered, in order."""

    status: str
    output: Any
    error: str | None
    states: tuple[str, ...]


class Interpreter:
    """Runs definitions in the test's own thread. Their calls go to moto's server; those of Lambda to `serving`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, endpoint: str, functions: Lambda, functions_url: str) -> None:
        config = Config(retries={"total_max_attempts": 1})
        client = boto3.client("lambda", endpoint_url=functions_url, config=config)
        monkeypatch.setattr(lambda_eval_utils, "boto_client_for", lambda **_: client)
        monkeypatch.setattr(retrier_decl, "time", SimpleNamespace(sleep=functions.wait))
        monkeypatch.setattr(ExecutionWorker, "start", SyncExecutionWorker.start)
        apply_rules_of_maps(monkeypatch)
        monkeypatch.setattr(FuncSize, "expr", _size)
        # Where the interpreter looks for the other services.
        monkeypatch.setenv("MOTO_PORT", str(urlsplit(endpoint).port))
        self.backend = stepfunctions_parser_backends[DEFAULT_ACCOUNT_ID][REGION]
        self.backend.reset()

    def run(self, definition: Definition, payload: Mapping[str, Any]) -> Run:
        """Run a definition to its end."""
        role = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/list-import"
        machine = self.backend.create_state_machine("list-import", json.dumps(adapted(definition)), role)
        execution: Any = self.backend.start_execution(machine.arn, "run-1", json.dumps(payload))
        history = execution.to_history_output()["events"]
        entered = [
            event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event
        ]
        return Run(execution.status, execution.output, execution.error, tuple(entered))
