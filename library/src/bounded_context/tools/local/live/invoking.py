"""Invocation of a kept run's function through its alias `live`, with its logs."""

import json
import time
from base64 import b64decode
from dataclasses import dataclass
from typing import Any

from ..aws import Aws
from ..observation.logs import LogLine, parse
from .deployed_function import Deployed


@dataclass(frozen=True)
class Invoked:
    """The result of a call: the answer, or Lambda's description of the function's error.

    `milliseconds` is the caller's waiting time.
    """

    answer: Any
    failed: bool
    version: str
    milliseconds: float
    lines: list[LogLine]


def invoke(aws: Aws, function: Deployed, event: object) -> Invoked:
    """Invoke a function and return its answer with the last 4 KB of its log, the limit of Lambda's `LogType`."""
    started = time.monotonic()
    response = aws.call(
        "lambda",
        "invoke",
        FunctionName=function.alias_arn,
        Payload=json.dumps(event).encode(),
        LogType="Tail",
    )
    took = (time.monotonic() - started) * 1000
    text = b64decode(response.get("LogResult", "")).decode(errors="replace")
    lines = parse(function.name, [(time.time(), line) for line in text.splitlines()])
    answer = json.loads(response["Payload"].read() or b"null")
    return Invoked(answer, "FunctionError" in response, response.get("ExecutedVersion", ""), took, lines)
