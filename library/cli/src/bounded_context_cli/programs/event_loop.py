"""The event loop of a Pulumi program."""

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress


@contextmanager
def silent_loop() -> Iterator[None]:
    """Set a new event loop for the thread, and afterwards the loop from before.

    The loop does not report the exceptions of futures: all outputs of a failed resource fail, and the program raises
    the first failure.
    """
    loop, before = asyncio.new_event_loop(), _loop()
    loop.set_exception_handler(lambda *_: None)
    asyncio.set_event_loop(loop)
    try:
        with closing(loop):
            yield
    finally:
        asyncio.set_event_loop(before)


def _loop() -> asyncio.AbstractEventLoop | None:
    with suppress(RuntimeError):
        return asyncio.get_event_loop()
    return None
