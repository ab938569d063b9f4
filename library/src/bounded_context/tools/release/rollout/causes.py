"""The cause of a failed deployment, as a sentence that names the log to read."""

from ...command.aws_errors import AWS_ERRORS, sentence
from .deployments import Deployment, Shift
from .order import HOOKS
from .outputs import Function, Release
from .services import Services


def cause(services: Services, release: Release, function: Function, ended: Deployment, shift: Shift | None) -> str:
    """Return the cause, from CodeDeploy's error, the failed hook and the alarms in ALARM."""
    if ended.stopped_by_request:
        return f"a person or another run stopped {ended.id}."
    message = " ".join(ended.message.split()).rstrip(".")
    reported = f"CodeDeploy reports {ended.error or ended.status}" + (f": {message}" if message else "")
    for name, event in HOOKS.items():
        if shift and shift.failed_event == event:
            return f"the hook {event} failed: look at the log of {release.hooks[name]} ({reported})."
    if ended.error == "ALARM_ACTIVE":
        names = _firing(services, function) or f"of the deployment group {function.group}, quiet again by now"
        return f"an alarm fired ({names}): look at the log of {function.aws_name} ({reported})."
    return f"{reported}: look at the deployment {ended.id}."


def _firing(services: Services, function: Function) -> str:
    try:
        return ", ".join(services.alarms.firing(services.deployments.alarms(function.group)))
    except AWS_ERRORS as error:
        return f"the alarms cannot be read: {sentence(error)}"
