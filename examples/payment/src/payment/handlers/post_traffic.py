"""PostTraffic: CodeDeploy runs it once a function's new version has all traffic, and goes back if it says so."""

from typing import Any

from ..telemetry import entry_point
from ._traffic import run


@entry_point
def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Take ``{"DeploymentId", "LifecycleEventHookExecutionId"}``; report, and answer ``{"status", "problem"}``."""
    return run(event, context)
