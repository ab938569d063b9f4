"""Runs the real handlers inside a simulation: virtual time, repeatable random numbers, adapters over simulated clients.

The patches are installed once for many schedules. `attached` names the schedule that runs.
"""

import datetime as real_datetime
import os
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from types import ModuleType, SimpleNamespace
from typing import Any, Final, Protocol, TypeVar
from unittest.mock import patch

from bounded_context import aws
from bounded_context.adapters import dynamodb_bulk, s3
from bounded_context.declaration import entry_points
from bounded_context.telemetry import logger, traces
from bounded_context_operations.release.rollout import deployments, status, survey

from .scheduler import Scheduler
from .services import sqs

T = TypeVar("T")


class Clients(Protocol):
    """The simulated services as the code under test reaches them."""

    table: Any
    bulk: Any
    signed: Any

    def client(self, service: str) -> Any:
        """Return boto3's client of a service."""
        ...


class _Attached:
    scheduler: Scheduler | None = None
    clients: Any = None
    shared: dict[Any, Any]


_attached: Final = _Attached()
_attached.shared = {}

_REAL_TIME, _REAL_MONOTONIC, _REAL_SLEEP, _REAL_URANDOM = time.time, time.monotonic, time.sleep, os.urandom
_REAL_UNIFORM, _REAL_RANDOM = random.uniform, random.random


@contextmanager
def attached(scheduler: Scheduler, clients: Clients) -> Iterator[None]:
    """Let the patched functions serve this schedule."""
    _attached.scheduler, _attached.clients, _attached.shared = scheduler, clients, {}
    _forget()
    try:
        yield
    finally:
        _attached.scheduler = _attached.clients = None


def _inside() -> Scheduler | None:
    scheduler = _attached.scheduler
    return scheduler if scheduler is not None and scheduler.inside() else None


# Time and random numbers.


def _time() -> float:
    scheduler = _inside()
    return _REAL_TIME() if scheduler is None else scheduler.wall()


def _monotonic() -> float:
    scheduler = _inside()
    return _REAL_MONOTONIC() if scheduler is None else scheduler.clock + 1000.0


def _sleep(seconds: float) -> None:
    scheduler = _inside()
    if scheduler is None:
        _REAL_SLEEP(seconds)
    else:
        scheduler.sleep(seconds)


def _uniform(low: float, high: float) -> float:
    scheduler = _inside()
    return _REAL_UNIFORM(low, high) if scheduler is None else scheduler.own_random().uniform(low, high)


def _random() -> float:
    scheduler = _inside()
    return _REAL_RANDOM() if scheduler is None else scheduler.own_random().random()


def _urandom(size: int) -> bytes:
    scheduler = _inside()
    return _REAL_URANDOM(size) if scheduler is None else scheduler.own_random().randbytes(size)


class VirtualDatetime(real_datetime.datetime):
    """datetime whose ``now`` is the schedule's."""

    @classmethod
    def now(cls, tz: Any = None) -> "VirtualDatetime":
        """Return the virtual time."""
        return cls.fromtimestamp(_time(), tz)


_DT: Final = SimpleNamespace(
    **{name: getattr(real_datetime, name) for name in ("timedelta", "timezone", "date", "time", "UTC")},
    datetime=VirtualDatetime,
)


def unpatched_dates() -> Iterator[tuple[ModuleType, str, Any]]:
    """Yield each module of the code under test that reads the wall clock through datetime, with its replacement."""
    for name, module in sorted(sys.modules.items()):
        if not name.startswith(("bounded_context.", "payment.", "aws_lambda_powertools.utilities.idempotency")):
            continue
        for attribute, value in list(vars(module).items()):
            if value is real_datetime.datetime:
                yield module, attribute, VirtualDatetime
            elif value is real_datetime:
                yield module, attribute, _DT


# The environment and the adapters of an invocation.


class _Environ(Mapping[str, str]):
    """The variables of the function that runs; outside of a schedule, the process's own."""

    def _current(self) -> Mapping[str, str]:
        scheduler = _inside()
        return os.environ if scheduler is None or scheduler.me is None else scheduler.me.variables

    def __getitem__(self, name: str) -> str:
        return self._current()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._current())

    def __len__(self) -> int:
        return len(self._current())


def _environment() -> dict[Any, Any]:
    scheduler = _inside()
    return _attached.shared if scheduler is None or scheduler.me is None else scheduler.me.environment


def _scoped(name: str, build: Callable[..., Any]) -> Callable[..., Any]:
    """Return a builder whose results one execution environment of a function keeps, as Lambda's processes do."""

    def get(*arguments: Any) -> Any:
        environment, key = _environment(), (name, *arguments)
        if key not in environment:
            environment[key] = build(*arguments)
        return environment[key]

    return get


_KEPT: Final = {name: kept for name, kept in vars(aws).items() if hasattr(kept, "cache_clear")}


def _forget() -> None:
    for kept in _KEPT.values():
        kept.cache_clear()


def _client(service: str, **_: int) -> Any:
    return _attached.clients.client(service)


def _inserts(table: str) -> Any:
    from bounded_context.adapters.dynamodb_bulk import Inserts

    return Inserts(table, _attached.clients.signed)


def _adapters() -> dict[str, Any]:
    scoped = {name: _scoped(name, kept.__wrapped__) for name, kept in _KEPT.items()}
    ours = {
        "_client": _client,
        "_table": lambda: _attached.clients.table,
        "bulk_client": lambda: _attached.clients.bulk,
        "_inserts": _inserts,
    }
    return {name: value for name, value in {**scoped, **ours}.items() if hasattr(aws, name)}


_existing: Final = dynamodb_bulk.existing


def _existing_in_order(client: Any, table: str, prefix: str, identities: Any, *, consistent: bool) -> Any:
    """Read a set's identities in an order that does not depend on the process's hash seed."""
    return _existing(client, table, prefix, sorted(identities), consistent=consistent)


class _Metrics:
    def add_metric(self, name: str, *_: Any, **__: Any) -> None:
        """Count for the current activity."""
        scheduler = _inside()
        if scheduler is not None and scheduler.me is not None:
            scheduler.me.counted.append(name)


class _Serial:
    """A thread pool of one thread, since greenlets do not change threads."""

    def __init__(self, _: int) -> None:
        pass

    def __enter__(self) -> "_Serial":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def map(self, call: Callable[[Any], T], *items: Iterable[Any]) -> Iterator[T]:
        """Call one after the other."""
        return iter([call(*each) for each in zip(*items, strict=True)])


def _replacements() -> Iterator[tuple[Any, str, Any]]:
    yield from ((time, "time", _time), (time, "monotonic", _monotonic), (time, "sleep", _sleep))
    yield from ((random, "uniform", _uniform), (random, "random", _random), (os, "urandom", _urandom))
    yield random, "_urandom", _urandom
    for module in (entry_points, sqs):
        yield module, "os", SimpleNamespace(environ=_Environ())
    yield from ((aws, name, value) for name, value in _adapters().items())
    yield dynamodb_bulk, "existing", _existing_in_order
    yield traces, "Metrics", _Metrics
    yield traces, "single_metric", lambda *_, **__: nullcontext()
    yield logger, "append_keys", lambda **_: None
    yield from ((module, "ThreadPoolExecutor", _Serial) for module in (deployments, status, s3, survey))
    yield from unpatched_dates()


@contextmanager
def installed() -> Iterator[None]:
    """Patch the code under test for as many schedules as run within."""
    level = logger.log_level
    patches = [patch.object(target, name, value) for target, name, value in _replacements()]
    logger.setLevel("CRITICAL")
    for patcher in patches:
        patcher.start()
    try:
        yield
    finally:
        for patcher in reversed(patches):
            patcher.stop()
        logger.setLevel(level)
        _forget()
