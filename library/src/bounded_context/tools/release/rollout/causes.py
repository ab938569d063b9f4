"""The cause of a failed deployment, as a sentence that names the log to read."""

from collections.abc import Sequence

from .deployments import Deployment, Shift
from .outputs import Function, Release

_HOOKS = {"BeforeAllowTraffic": "pre_traffic", "AfterAllowTraffic": "post_traffic"}


def cause(release: Release, function: Function, ended: Deployment, shift: Shift | None, firing: Sequence[str]) -> str:
    """Return the cause, from CodeDeploy's error, the failed hook and the alarms in ALARM."""
    if shift and shift.failed_event in _HOOKS:
        hook = release.hooks[_HOOKS[shift.failed_event]]
        return f"the hook {shift.failed_event} failed: look at the log of {hook} ({_reported(ended)})."
    if ended.error == "ALARM_ACTIVE":
        names = ", ".join(firing) or f"of the deployment group {function.group}, quiet again by now"
        return f"an alarm fired ({names}): look at the log of {function.aws_name} ({_reported(ended)})."
    return f"{_reported(ended)}: look at the deployment {ended.id}."


def stopped_for_good(ended: Deployment) -> bool:
    """Return whether a person or another run, and not an alarm, stopped the deployment."""
    return ended.status == "Stopped" and ended.error != "ALARM_ACTIVE"


def _reported(ended: Deployment) -> str:
    message = " ".join(ended.message.split()).rstrip(".")
    return f"CodeDeploy reports {ended.error or ended.status}" + (f": {message}" if message else "")
