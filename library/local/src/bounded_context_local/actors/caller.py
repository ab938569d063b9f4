"""Invocations, and callers of an alias with weights.

The emulator only stores the weights: the callers apply them, and put Lambda's metrics.
"""

import json
import random
import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bounded_context_cli.command.aws_errors import Calls

from .. import stand_ins
from ..emulator.aws import Aws

NAMESPACE = "AWS/Lambda"
PAUSE_SECONDS = 0.02


@dataclass(frozen=True)
class Call:
    """An invocation: the version that answered, and its answer or Lambda's description of the function's error.

    `milliseconds` is the caller's waiting time, `log` the last 4 KB of the function's log (Lambda's `LogType`).
    """

    version: str
    answer: Any
    failed: bool
    milliseconds: float
    log: str = ""


def invoke(aws: Calls, function: str, event: object, version: str | None = None) -> Call:
    """Invoke a function by its name or by the ARN of its alias, and return the call."""
    started = time.monotonic()
    response = aws.call(
        "lambda",
        "invoke",
        FunctionName=function,
        Qualifier=version,
        Payload=json.dumps(event).encode(),
        LogType="Tail",
    )
    return Call(
        version or response.get("ExecutedVersion", ""),
        json.loads(response["Payload"].read() or b"null"),
        "FunctionError" in response,
        (time.monotonic() - started) * 1000,
        b64decode(response.get("LogResult", "")).decode(errors="replace"),
    )


class Caller:
    """A caller of a function by its alias, with the routing of Lambda."""

    def __init__(self, aws: Aws, alias_arn: str, seed: int = 0) -> None:
        """Call `arn:...:function:<name>:<alias>`. The same seed draws the same sequence of versions."""
        self._aws = aws
        self._function, self._alias = alias_arn.split(":")[-2:]
        self._dice = random.Random(seed)  # noqa: S311  a share of calls, not a secret

    def call(self, message: object) -> Call:
        """Invoke the function, and put the metrics that Lambda writes for an alias with weights."""
        call = invoke(self._aws, self._function, message, self._version())
        self._measure(call)
        return call

    @contextmanager
    def calling(self, message: object, pause_seconds: float = PAUSE_SECONDS) -> Iterator[list[Call]]:
        """Call the function repeatedly in a thread until the end of the block. Yield the growing list of calls.

        If a call raises an error, the end of the block raises it.
        """
        calls: list[Call] = []
        stopped = threading.Event()

        def keep_calling() -> None:
            while not stopped.wait(pause_seconds):
                calls.append(self.call(message))

        with ThreadPoolExecutor(1, thread_name_prefix=f"caller-{self._function}") as pool:
            caller = pool.submit(keep_calling)
            try:
                yield calls
            finally:
                stopped.set()
            caller.result()

    def _version(self) -> str:
        alias = self._aws.call("lambda", "get_alias", FunctionName=self._function, Name=self._alias)
        weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        draw = self._dice.random()
        for version, weight in weights.items():
            if draw < weight:
                return version
            draw -= weight
        return alias["FunctionVersion"]

    def _measure(self, call: Call) -> None:
        resource = {"FunctionName": self._function, "Resource": f"{self._function}:{self._alias}"}
        values = {
            "Invocations": (1, "Count"),
            "Errors": (int(call.failed), "Count"),
            "Duration": (call.milliseconds, "Milliseconds"),
        }
        for dimensions in (resource, resource | {"ExecutedVersion": call.version}):
            stand_ins.put_metrics(self._aws, NAMESPACE, dimensions, values)
