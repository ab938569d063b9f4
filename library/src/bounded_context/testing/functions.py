"""A context's functions in the tests' own process: called as Lambda calls them, in a deployed one's environment."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

from .plugin import BUCKET, TABLE

VARIABLES: Final[Mapping[str, str]] = {
    "TABLE_NAME": TABLE,
    "INBOX_BUCKET": BUCKET,
    "MAX_LIST_BYTES": "1000000",
    "TEMPORARY_NAMES": '[".part"]',
    "PART_ROWS": "10",
    "TOLERATED_SHARE": "0.05",
    "FUNCTION_PREFIX": "context-test-",
    "IMPORT_TARGET_SECONDS": "900",
    "CONSUMES": "{}",
    "STATE_MACHINE_ARN": "arn:aws:states:eu-central-1:123456789012:stateMachine:list-import",
    "POWERTOOLS_METRICS_NAMESPACE": "tests",
    "POWERTOOLS_SERVICE_NAME": "tests",
}
"""What functions read, but for the topic and the queue of dead letters."""


@dataclass
class LambdaContext:
    """What the runtime passes as the second argument."""

    function_name: str = "function"
    function_version: str = "7"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:function:live"
    aws_request_id: str = "request-1"
    remaining_ms: int = 120_000

    def get_remaining_time_in_millis(self) -> int:
        """Return how many milliseconds are left."""
        return self.remaining_ms


class Functions:
    """The functions, by the modules of their handlers."""

    def invoke(self, handler: ModuleType, event: Any) -> Any:
        """Call a handler's function with an event, and return its answer."""
        return handler.lambda_handler(event, LambdaContext())


def forget_adapters() -> None:
    """Let every function build its adapters anew: what is kept may be of another test's account."""
    modules = [module for name, module in sys.modules.items() if name.startswith("bounded_context.aws")]
    for kept in (kept for module in modules for kept in vars(module).values()):
        if hasattr(kept, "cache_clear"):
            kept.cache_clear()
