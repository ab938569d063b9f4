"""Lambda: the real handlers as invocations with a deadline, each in an execution environment of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from random import Random
from typing import Any, Final

from payment.context import PAYMENT

from bounded_context import adapters
from bounded_context.declaration.structure import MEET_DEADLINES
from bounded_context.testing.functions import handler_of
from bounded_context_infra.wiring import functions

from .profile import SKEWED
from .scheduler import Activity, Scheduler


@dataclass(frozen=True)
class Function:
    """A function: its name, and the seconds after which Lambda ends an invocation."""

    name: str
    timeout: int

    @property
    def handler(self) -> Callable[[Any, Any], Any]:
        """The handler, without log lines, metrics and traces."""
        handler: Any = handler_of(PAYMENT, self.name)
        return handler.__wrapped__.__wrapped__


MOST_CALLS: Final = 16
"""Calls of a chain, before Lambda stops it (Lambda developer guide: approximately 16)."""

_LINEAGE: Final = "Lineage="

_PRESETS: Final = {
    "register_list": functions.REGISTER_LIST,
    "validate_list": functions.VALIDATE_LIST,
    "verify_subscription": functions.VERIFY_LIST,
    "import_list": functions.IMPORT_LIST,
    "compensate_error": functions.COMPENSATE_ERROR,
    **dict.fromkeys((*PAYMENT.command_functions, *PAYMENT.queries), functions.COMMAND),
    "measure_lists": functions.PLATFORM["measure_lists"],
    "on_event": functions.ON_EVENT,
    "relay_events": functions.PLATFORM["relay_events"],
    "sweep_uploads": functions.PLATFORM["sweep_uploads"],
    MEET_DEADLINES: functions.PLATFORM[MEET_DEADLINES],
}

FUNCTIONS: Final[Mapping[str, Function]] = {name: Function(name, preset.timeout) for name, preset in _PRESETS.items()}

_LOADED: Final[dict[str, Callable[[Any, Any], Any]]] = {}


def load() -> None:
    """Import every handler and adapter; call it before the patches are installed: they patch what is imported."""
    for name, function in FUNCTIONS.items():
        if name in PAYMENT.functions:
            _LOADED[name] = function.handler
    for module in iter_modules(adapters.__path__, f"{adapters.__name__}."):
        import_module(module.name)


def handler(name: str) -> Callable[[Any, Any], Any]:
    """Return a loaded handler."""
    return _LOADED[name]


def calls_before(event: Any) -> int:
    """Return how many calls of functions led to the messages of a batch, by their trace headers."""
    records = event.get("Records", ()) if isinstance(event, dict) else ()
    headers = (record.get("attributes", {}).get("AWSTraceHeader", "") for record in records)
    return max((int(header.removeprefix(_LINEAGE)) for header in headers if header), default=0)


@dataclass
class _Context:
    """What the runtime passes to a handler."""

    scheduler: Scheduler
    function_name: str
    aws_request_id: str
    deadline: float
    function_version: str = "7"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:function:live"

    def get_remaining_time_in_millis(self) -> int:
        """Return how many milliseconds are left until the deadline."""
        return max(0, int((self.deadline - self.scheduler.clock) * 1000))


class Lambda:
    """Starts invocations.

    Args:
        scheduler: runs them.
        variables: returns an invocation's environment variables, by the function's name.
        handlers: returns an invocation's handler.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        variables: Callable[[str], Mapping[str, str]],
        handlers: Callable[[str], Callable[[Any, Any], Any]],
    ) -> None:
        self._scheduler = scheduler
        self._variables = variables
        self._handlers = handlers
        self._idle: dict[str, list[dict[Any, Any]]] = {name: [] for name in FUNCTIONS}
        self.stopped: list[str] = []

    def _skew(self) -> float:
        rate = self._scheduler.profile.skew

        def draw(random: Random) -> float | None:
            return round(random.uniform(-5, 5), 2) if random.random() < rate else None

        return self._scheduler.fault(SKEWED, draw) or 0.0

    def stops(self, name: str, event: Any, *, allowed: bool) -> bool:
        """Return whether Lambda stops the invocation of a batch: its chain has 16 calls of a function before it.

        ``allowed`` is whether the function may call itself (Lambda developer guide, "Use Lambda recursive loop
        detection to prevent infinite loops"). Stopped invocations are in ``stopped``.
        """
        if allowed or calls_before(event) < MOST_CALLS:
            return False
        self.stopped.append(name)
        return True

    def invoke(self, name: str, event: Any, made_by: Any = None) -> Activity:
        """Start an invocation in an idle execution environment, or in a new one."""
        idle = self._idle[name]
        environment = idle.pop() if idle else {}
        deadline = self._scheduler.clock + FUNCTIONS[name].timeout
        handler = self._handlers(name)
        me = self._scheduler.me
        label = name if me is None else f"{me.name}/{name}"

        def work() -> Any:
            context = _Context(self._scheduler, name, activity.name, deadline)
            try:
                return handler(event, context)
            finally:
                if not activity.dead:
                    idle.append(environment)

        activity = self._scheduler.spawn(
            label,
            work,
            skew=self._skew(),
            deadline=deadline,
            function=name,
            made_by=made_by,
            variables={**self._variables(name), "_X_AMZN_TRACE_ID": f"{_LINEAGE}{calls_before(event) + 1}"},
            environment=environment,
        )
        return activity
