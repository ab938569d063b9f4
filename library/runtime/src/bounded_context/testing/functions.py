"""Call a context's functions in the test process, as Lambda calls them, with the environment of deployed functions."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from ..declaration.context import Context
from ..declaration.entry_points import entry_point

if TYPE_CHECKING:
    from ..telemetry import Handler

TABLE: Final = "table"
BUCKET: Final = "inbox"

VARIABLES: Final[Mapping[str, str]] = {
    "TABLE_NAME": TABLE,
    "INBOX_BUCKET": BUCKET,
    "MAX_LIST_BYTES": "1000000",
    "TEMPORARY_NAMES": '[".part"]',
    "FORMATS": "{}",
    "PART_ROWS": "10",
    "TOLERATED_SHARE": "0",
    "FUNCTION_PREFIX": "context-test-",
    "IMPORT_TARGET_SECONDS": "900",
    "CONSUMES": "{}",
    "STATE_MACHINE_ARN": "arn:aws:states:eu-central-1:123456789012:stateMachine:list-import",
    "POWERTOOLS_METRICS_NAMESPACE": "tests",
    "POWERTOOLS_SERVICE_NAME": "tests",
}
"""The functions' environment variables, except for the topic and the dead-letter queue."""


@dataclass
class LambdaContext:
    """The second argument of a handler, which Lambda's runtime provides."""

    function_name: str = "function"
    function_version: str = "7"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:function:live"
    aws_request_id: str = "request-1"
    remaining_ms: int = 120_000

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the timeout."""
        return self.remaining_ms


class Functions:
    """The functions of a context."""

    def __init__(self, context: Context[Any]) -> None:
        self._context = context

    def invoke(self, function: str | ModuleType, event: Any) -> Any:
        """Call a function by its name, or an entry point of your own by its module, and return the result."""
        if isinstance(function, ModuleType):
            return function.lambda_handler(event, LambdaContext())
        return handler_of(self._context, function)(event, LambdaContext())


def handler_of(context: Context[Any], function: str) -> "Handler":
    """Return the handler of a function, whose preset names no other entry point.

    Raises:
        AttributeError, ModuleNotFoundError: the context has no such function.
    """
    # Telemetry reads its variables when it is imported: a test sets them first.
    from ..handlers import _entry_points, entry_points

    module, _, name = entry_point(context, function).rpartition(".")
    if module == entry_points.__name__:
        return _entry_points.handler_of(context, function)
    return getattr(import_module(module), name)


def forget_adapters() -> None:
    """Clear the cached adapters of all functions, since they may belong to another test's account."""
    modules = [module for name, module in sys.modules.items() if name.startswith("bounded_context.aws")]
    for cached in (cached for module in modules for cached in vars(module).values()):
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()
