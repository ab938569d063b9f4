"""New code is started before somebody waits for it."""

import io
import json
import re
import threading
from typing import Any

from bounded_context_cli.command.aws_errors import Calls
from bounded_context_local.live.reload import start, warming


def _alias(name: str) -> str:
    return f"arn:aws:lambda:eu-west-1:123456789012:function:{name}:live"


class Lambda(Calls):
    """Answers calls once it is let, and remembers them."""

    region = "eu-west-1"
    account = "123456789012"

    def __init__(self, **answer: Any) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.begun, self.let = threading.Event(), threading.Event()
        self._answer = {"Payload": io.BytesIO(b"{}")} | answer

    def client(self, service: str) -> Any:
        raise NotImplementedError(service)

    def call(self, service: str, operation: str, **parameters: object) -> dict[str, Any]:
        assert (service, operation) == ("lambda", "invoke")
        payload = parameters["Payload"]
        assert isinstance(payload, bytes)
        self.calls.append((str(parameters["FunctionName"]).split(":")[6], json.loads(payload)))
        self.begun.set()
        assert self.let.wait(30)
        return self._answer


def test_the_error_of_a_function_that_does_not_start_is_printed():
    """On one line with the function's name, without the stack trace."""
    error = {"errorType": "ImportError", "errorMessage": "no module x", "stackTrace": ["..."]}
    broken, said = Lambda(FunctionError="Unhandled", Payload=io.BytesIO(json.dumps(error).encode())), list[str]()
    broken.let.set()
    start(broken, _alias("one"), said.append)
    [line] = said
    assert re.fullmatch(r"one .*: ImportError: no module x", line)
    assert broken.calls == [("one", {"smoke_check": True})]


def test_a_replaced_version_is_not_started():
    """But for what is being started; and whoever has them started does not wait."""
    functions, said = Lambda(), list[str]()
    with warming(functions, said.append) as warm:
        warm([_alias("first"), _alias("second")])
        assert functions.begun.wait(30)
        warm([_alias("newer")])
        functions.let.set()
        while len(functions.calls) < 2:
            threading.Event().wait(0.01)
    assert [name for name, _ in functions.calls] == ["first", "newer"]
    assert said == []
