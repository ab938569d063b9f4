"""A single measurement for `observability.py`, in a separate process. Prints seconds.

_observed.py path with|without ROWS     CPU time of the list's steps, from the file to the table
_observed.py import with|without NAME   time to import a handler module
"""

import os
import sys
import time
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module

from _context import BUCKET, KEY, TABLE, rows, stubbed

HEADER = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


class _Nothing:
    """An object whose methods accept any arguments and have no effect."""

    def __getattr__(self, _: str) -> Callable[..., None]:
        return lambda *_, **__: None


@contextmanager
def _no_span(*_: object) -> Iterator[None]:
    yield


def without_telemetry() -> None:
    """Replace the package telemetry by a package whose members have no effect."""
    module = types.ModuleType("bounded_context.telemetry")
    module.entry_point = lambda _: lambda handler: handler  # type: ignore[attr-defined]
    module.watched = lambda client: client  # type: ignore[attr-defined]
    module.traceparent = lambda: "00-" + "1" * 32 + "-" + "2" * 16 + "-00"  # type: ignore[attr-defined]
    module.about = module.count = lambda *_, **__: None  # type: ignore[attr-defined]
    module.span = module.continuing = _no_span  # type: ignore[attr-defined]
    module.logger, module.Handler = _Nothing(), object  # type: ignore[attr-defined]
    module.__path__ = []  # type: ignore[attr-defined]
    sys.modules["bounded_context.telemetry"] = module


def importing(handler: str) -> float:
    """Import a handler module and return the seconds."""
    from bounded_context.declaration.entry_points import entry_point
    from payment.context import PAYMENT

    name = entry_point(PAYMENT, handler)
    started = time.perf_counter()
    _resolved(name)
    return time.perf_counter() - started


def _resolved(name: str) -> Callable[..., object]:
    module, _, attribute = name.rpartition(".")
    return getattr(import_module(module), attribute)


def walking(count: int) -> float:
    """Return the CPU seconds of the validation, verification and import of a list with `count` rows."""
    with stubbed(rows(count)):
        walk = _steps()
        walk()  # warm-up: imports modules and opens connections
        started = time.process_time()
        walk()
        return time.process_time() - started


def _steps() -> Callable[[], None]:
    steps = ("validate_list", "verify_subscription", "import_list")
    from bounded_context.declaration.entry_points import entry_point
    from payment.context import PAYMENT

    handlers = {name: _resolved(entry_point(PAYMENT, name)) for name in steps}
    return lambda: _walk(handlers)


def _walk(handlers: Mapping[str, Callable[..., object]]) -> None:
    from bounded_context import aws
    from bounded_context.application.staging import VERIFIED, Staging
    from bounded_context.domain.lists import PinnedFile, StoredVersion
    from bounded_context.lists import Upload
    from bounded_context.testing import KNOWN, InMemoryLists, InMemoryReferences
    from payment.context import PAYMENT

    aws._references = lambda _: InMemoryReferences(set(KNOWN))
    steps = aws.list_import(PAYMENT)
    steps.lists = InMemoryLists()
    steps.files.versions = lambda _: [StoredVersion(PinnedFile(BUCKET, KEY, "1", 1), "", datetime.now(UTC))]
    event = {"list_id": steps.register(Upload(BUCKET, KEY), "run", 10**9).list_id}
    handlers["validate_list"](event, _Context())
    handlers["verify_subscription"](event, _Context())
    for part in Staging(steps.files, event["list_id"]).manifest(VERIFIED):
        handlers["import_list"]({**event, "part": vars(part)}, _Context())


class _Context:
    """The context object that Lambda passes to a handler."""

    function_name = "function"
    function_version = "1"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws:lambda:eu-west-1:111122223333:function:function:1"
    aws_request_id = "5c1f5d1c-0000-0000-0000-000000000000"


def main() -> None:
    """Print the result of the measurement."""
    what, way, argument = sys.argv[1:]
    os.environ.update(
        _X_AMZN_TRACE_ID=HEADER,
        POWERTOOLS_SERVICE_NAME="payment",
        POWERTOOLS_METRICS_NAMESPACE="payment-bench",
        TABLE_NAME=TABLE,
        INBOX_BUCKET=BUCKET,
        TOLERATED_SHARE="0.5",
        PART_ROWS="5000",
        MAX_LIST_BYTES="100000000",
        FORMATS="{}",
        CONTEXT="payment.context:PAYMENT",
    )
    if way == "without":
        without_telemetry()
    print(importing(argument) if what == "import" else walking(int(argument)))


if __name__ == "__main__":
    main()
