"""PostTraffic: CodeDeploy runs it once a function's new version has all traffic, and goes back if it says so."""

from typing import Any

from ..context import declared
from ..telemetry import entry_point
from ._traffic import run

CONTEXT = declared()


@entry_point(CONTEXT)
def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Take ``{"DeploymentId", "LifecycleEventHookExecutionId"}``; report, and answer ``{"status", "problem"}``."""
    return run(CONTEXT, event, context)
