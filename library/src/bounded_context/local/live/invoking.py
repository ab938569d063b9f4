"""One call of a function of a kept run, by its alias `live`, and what it logs."""

import json
import time
from base64 import b64decode
from dataclasses import dataclass
from typing import Any

from ..aws import Aws
from ..observation.logs import LogLine, parse
from .deployed import Deployed


@dataclass(frozen=True)
class Invoked:
    """What came of a call: the answer, or what Lambda tells of the error that the function raised.

    `milliseconds` is what its caller waited for.
    """

    answer: Any
    failed: bool
    version: str
    milliseconds: float
    lines: list[LogLine]


def invoke(aws: Aws, function: Deployed, event: object) -> Invoked:
    """Call a function and wait for its answer; of what it logs there are the last 4 KB, as Lambda hands them back."""
    started = time.monotonic()
    told = aws.call(
        "lambda",
        "invoke",
        FunctionName=function.alias_arn,
        Payload=json.dumps(event).encode(),
        LogType="Tail",
    )
    took = (time.monotonic() - started) * 1000
    text = b64decode(told.get("LogResult", "")).decode(errors="replace")
    lines = parse(function.name, [(time.time(), line) for line in text.splitlines()])
    answer = json.loads(told["Payload"].read() or b"null")
    return Invoked(answer, "FunctionError" in told, told.get("ExecutedVersion", ""), took, lines)
