"""PreTraffic: CodeDeploy runs it before a function's new version gets traffic, and continues only if it succeeds.

Both traffic hooks run a function's checks on its new version, and always report the verdict to CodeDeploy.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from .. import aws
from ..adapters.services import Target
from ..declaration.context import Context, declared
from ..declaration.entry_points import Check, checks_of
from ..settings import TrafficHookSettings, load
from ..telemetry import entry_point, logger
from ..telemetry.logs import loggable_message

# Three attempts to report, each 3 s to connect and 5 s to read, and at most 3 s in between (see `bounded_context.aws`).
_SECONDS_TO_REPORT = 30


class Hook(BaseModel):
    """CodeDeploy's event: two ids, which the report of the verdict must repeat."""

    model_config = ConfigDict(hide_input_in_errors=True)

    deployment: str = Field(alias="DeploymentId", min_length=1)
    execution: str = Field(alias="LifecycleEventHookExecutionId", min_length=1)


def run(of: Context[Any], event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Check a deployment's new version, report the verdict, and return the verdict with its reason.

    Raises:
        pydantic.ValidationError: the event lacks the ids that the report needs.
        botocore.exceptions.ClientError, BotoCoreError: CodeDeploy did not accept the report.
    """
    hook = Hook.model_validate(event)
    problem = _problem(of, hook.deployment, context)
    status = "Succeeded" if problem is None else "Failed"
    logger.info("verdict", deployment=hook.deployment, status=status, problem=problem)
    aws.deployments().report(hook.deployment, hook.execution, status)
    return {"status": status, "problem": problem}


def _problem(of: Context[Any], deployment: str, context: Any) -> str | None:
    try:
        return _first_problem(of, aws.deployments().target(deployment), context)
    except Exception as error:
        # An error counts as a failed check: without a verdict, CodeDeploy waits for an hour.
        logger.exception("not checked to the end")
        return f"{type(error).__name__}: {loggable_message(error) or error}"


def _first_problem(of: Context[Any], target: Target, context: Any) -> str | None:
    logger.append_keys(checked_function=target.function_name, checked_version=target.version)
    for check in checks_of(_short_name(target.function_name), of):
        logger.append_keys(check=check.name)
        problem = check.judge(_answer(check, target, context))
        logger.info("checked", problem=problem)
        if problem is not None:
            return f"{check.name}: {problem}"
    return None


def _short_name(function_name: str) -> str:
    prefix = load(TrafficHookSettings).function_prefix
    if not function_name.startswith(prefix):
        raise ValueError(f"{function_name} does not start with {prefix}: is FUNCTION_PREFIX that of this stack?")
    return function_name.removeprefix(prefix).replace("-", "_")


def _answer(check: Check, target: Target, context: Any) -> Any:
    seconds = context.get_remaining_time_in_millis() // 1000 - _SECONDS_TO_REPORT
    if seconds < 1:
        raise TimeoutError(f"no time was left for the {check.name}")
    return aws.versions(seconds).ask(target.function_name, target.version, check.event)


CONTEXT = declared()


@entry_point(CONTEXT)
def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Report for ``{"DeploymentId", "LifecycleEventHookExecutionId"}``, and return ``{"status", "problem"}``."""
    return run(CONTEXT, event, context)
