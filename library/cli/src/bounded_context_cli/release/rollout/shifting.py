"""Refuse a deployment while traffic of the stack is being shifted.

A deployment replaces the alarms that guard a release: they then watch the newest version, and the running shift
continues without them.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from botocore.exceptions import ClientError

from ...command.aws_errors import Refused, code
from ...command.operation import Access
from .follow import WORKERS
from .outputs import Function, NoVersion, Release, parsed
from .services import Services

T = TypeVar("T")

_MISSING: Final = (
    "ResourceNotFoundException",
    "ApplicationDoesNotExistException",
    "DeploymentGroupDoesNotExistException",
    "ResourceNotFound",
    "StateMachineDoesNotExist",
)
"""The errors of Lambda, CodeDeploy and Step Functions for a part that is not deployed (their API references)."""


def refuse_shift(stack: str, outputs: Any, access: Access, override: str) -> None:
    """Raise Refused if traffic of the stack is being shifted.

    A stack without a release in its outputs passes: nothing has been deployed.

    Args:
        stack: the stack's name.
        outputs: the outputs of its last deployment.
        access: the AWS clients.
        override: the sentence's part about the override, such as `pass --during-shift REASON`.
    """
    if not (isinstance(outputs, dict) and "release" in outputs):
        return
    release = parsed(Release.of, outputs)
    if parts := moving(release, Services.of(access.clients_of(release.region), release)):
        raise Refused(
            f"The stack {stack} is shifting traffic ({', '.join(parts)}), and a deployment would replace the alarms "
            f"that guard the shift: see `context rollout status {stack}` and wait for the end, end the shift with "
            f"`context rollout back {stack}`, or {override}."
        )


def moving(release: Release, services: Services) -> list[str]:
    """Return the parts whose traffic is being shifted, with the deployment or the shares.

    Parts that are not deployed do not count. Raises ClientError, BotoCoreError.
    """
    with ThreadPoolExecutor(WORKERS) as pool:
        found = list(pool.map(lambda function: _function(function, services), release.functions))
    return [part for part in (*found, _machine(services)) if part]


def _function(function: Function, services: Services) -> str:
    # In this order, the check also finds a deployment that begins between both reads.
    active = _existing(lambda: services.deployments.active(function.group))
    position = _existing(lambda: services.functions.read(function))
    if active:
        return f"{function.name} {active.id}"
    return f"{function.name} {position.where}" if position and position.shifting else ""


def _machine(services: Services) -> str:
    routing = _existing(services.machines.routing)
    if routing is None or not (routing.shifting or routing.returning):
        return ""
    return "workflow " + " and ".join(f"version {version} {weight} %" for version, weight in routing.weights.items())


def _existing(read: Callable[[], T]) -> T | None:
    """Return the result of a call, or None if the part is not deployed."""
    try:
        return read()
    except NoVersion:
        return None
    except ClientError as error:
        if code(error) not in _MISSING:
            raise
        return None
