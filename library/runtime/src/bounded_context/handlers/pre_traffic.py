"""PreTraffic: CodeDeploy runs it before a function's new version gets traffic, and continues only if it succeeds."""

from typing import Any

from ..declaration.context import declared
from ..telemetry import entry_point
from ._traffic import run

CONTEXT = declared()


@entry_point(CONTEXT)
def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Report for ``{"DeploymentId", "LifecycleEventHookExecutionId"}``, and return ``{"status", "problem"}``."""
    return run(CONTEXT, event, context)
