"""The first start of new code, before somebody waits for it: its smoke check, which changes nothing."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from ...application.checks import SMOKE
from ..aws import Calls

Say = Callable[[str], None]
Warm = Callable[[Sequence[str]], None]
"""Begins to start functions, by their aliases, and leaves those that were to be started before."""

_AT_ONCE: Final = 1
"""A start takes a processor: another one is left to whoever calls meanwhile."""


@contextmanager
def warming(aws: Calls, say: Say) -> Iterator[Warm]:
    """Yield what starts functions alongside all else; what does not start is said. What is left ends with the block."""
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="warming")
    waiting: list[Future[None]] = []

    def warm(aliases: Sequence[str]) -> None:
        for one in waiting:
            one.cancel()
        waiting[:] = [pool.submit(start, aws, alias, say) for alias in aliases]

    try:
        yield warm
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def start(aws: Calls, alias_arn: str, say: Say) -> None:
    """Ask a function its smoke check, and say what it raised."""
    # An emulator that has no room for the call, or is stopped meanwhile, is told by the next call.
    with suppress(ClientError, BotoCoreError):
        event = json.dumps(dict(SMOKE.event)).encode()
        told = aws.call("lambda", "invoke", FunctionName=alias_arn, Payload=event)
        if "FunctionError" in told:
            error = json.loads(told["Payload"].read())
            name = alias_arn.split(":")[6]
            say(f"{name} does not start: {error.get('errorType')}: {error.get('errorMessage')}")
