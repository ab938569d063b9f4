"""PostTraffic: CodeDeploy runs it when a function's new version has all traffic, and rolls back if it fails."""

from typing import Any

from ..declaration.context import declared
from ..telemetry import entry_point
from .pre_traffic import run

CONTEXT = declared()


@entry_point(CONTEXT)
def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Report for ``{"DeploymentId", "LifecycleEventHookExecutionId"}``, and return ``{"status", "problem"}``."""
    return run(CONTEXT, event, context)
