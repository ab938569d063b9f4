"""Warm-up of new code with its smoke check, which changes no data, so that the first call is fast."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from ....application.checks import SMOKE
from ..aws import Calls

Say = Callable[[str], None]
Warm = Callable[[Sequence[str]], None]
"""Starts functions by their aliases, and cancels waiting starts."""

_AT_ONCE: Final = 1
"""A start occupies a processor; a second start would slow down the user's own calls."""


@contextmanager
def warming(aws: Calls, say: Say) -> Iterator[Warm]:
    """Yield a function that warms up aliases in the background and reports failures. The exit cancels queued starts."""
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="warming")
    waiting: list[Future[None]] = []

    def warm(aliases: Sequence[str]) -> None:
        for future in waiting:
            future.cancel()
        waiting[:] = [pool.submit(start, aws, alias, say) for alias in aliases]

    try:
        yield warm
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def start(aws: Calls, alias_arn: str, say: Say) -> None:
    """Invoke a function's smoke check, and report the error if it raises one."""
    # If the emulator throttles or has stopped, the next call of the user reports that.
    with suppress(ClientError, BotoCoreError):
        event = json.dumps(dict(SMOKE.event)).encode()
        response = aws.call("lambda", "invoke", FunctionName=alias_arn, Payload=event)
        if "FunctionError" in response:
            error = json.loads(response["Payload"].read())
            name = alias_arn.split(":")[6]
            say(f"{name} does not start: {error.get('errorType')}: {error.get('errorMessage')}")
