"""A temporary stack with an owner and an expiry time: creation from the current sources, and destruction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from ....configuration.project import Project
from ...command.aws_errors import Refused
from ...release.package import build_lambda
from ..pulumi_cli import Failed, Pulumi
from ..throwaway import Throwaway, release
from .kinds import kind_of

OWNER: Final = "owner"
EXPIRES: Final = "expires"
"""Tags of the stack and of its resources."""

TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
"""UTC, in ISO 8601."""

_LEFT_OUT: Final = (
    # These settings belong to SFTP and alarms; `log_key_arn` is a key for the logs of dev.
    *("partners", "sftp_server_id", "latency_alarms", "release_alarms", "expect_list_hours", "log_key_arn"),
)


@dataclass(frozen=True)
class Temporary:
    """The properties of a temporary stack. Owner and expiry time are None if the stack was created in another way."""

    kind: str
    name: str
    owner: str | None
    expires: datetime | None

    @property
    def stack(self) -> str:
        """The stack's name."""
        return f"{self.kind}-{self.name}"

    def is_over(self, now: datetime) -> bool:
        """Return whether the stack has expired."""
        return self.expires is not None and self.expires <= now

    def told(self) -> dict[str, str | None]:
        """Return the stack's entry in `list --json`."""
        until = self.expires and self.expires.strftime(TIME)
        return {"stack": self.stack, "kind": self.kind, "name": self.name, OWNER: self.owner, EXPIRES: until}


def stacks(project: Project) -> list[str]:
    """Return the names of the repository's temporary stacks, sorted. Raises Refused without a Pulumi CLI or a login."""
    return sorted(stack for stack in Pulumi("", project.service).there() if kind_of(stack))


def read(project: Project, stack: str) -> Temporary:
    """Read a stack's owner and expiry time from Pulumi. Raises Failed."""
    tags = Pulumi(stack, project.service).tags()
    kind, _, name = stack.partition("-")
    return Temporary(kind, name, tags.get(OWNER), _time(tags.get(EXPIRES)))


def _time(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text or "", TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


def find(project: Project, stack: str, owner: str) -> Temporary | None:
    """Return the stack if it exists. Raises Refused if it has another owner."""
    found = read(project, stack) if stack in stacks(project) else None
    if found is not None and found.owner != owner:
        whose = f"is {found.owner}'s" if found.owner else "has no owner"
        raise Refused(f"The stack {stack} {whose}, and you are {owner}: choose another name, or ask the owner.")
    return found


def raise_up(
    project: Project,
    stack: str,
    owner: str,
    expires: datetime,
    build: Callable[[Project], object] = build_lambda,
) -> Mapping[str, Any]:
    """Create the stack or deploy the current sources to it. Return its outputs.

    Raises:
        Refused: the stack has another owner or cannot be created; nothing was changed.
        Failed: the deployment failed; existing resources remain.
    """
    throwaway = Throwaway(project, stack)
    throwaway.check_name()
    found = find(project, stack, owner)
    build(project)
    until = expires.strftime(TIME)
    throwaway.write(**settings(owner, until))
    if found is None:
        throwaway.init()
    throwaway.pulumi.tag(owner=owner, expires=until)
    return throwaway.pulumi.up()


def shift(stack: str, outputs: Mapping[str, Any]) -> None:
    """Give the newest versions all traffic, which a second deployment does not move. Raises Failed."""
    status, report = release(stack, outputs)
    if status != 0:
        behind = [function for function in report.get("functions", ()) if function["why"]]
        why = (
            "; ".join(f"{function['name']}: {function['why']}" for function in behind)
            or report.get("why")
            or report.get("result")
        )
        raise Failed(f"{stack} is deployed, and not all of its traffic was shifted: {why}")


def settings(owner: str, expires: str) -> dict[str, Any]:
    """Return the settings that differ from `dev`, with None for omitted ones: no notifications, no protection."""
    changes = {"sftp": "none", "alarms": "none", "protect": False, "rollout_strategy": "AllAtOnce"}
    return {**changes, OWNER: owner, EXPIRES: expires, **dict.fromkeys(_LEFT_OUT)}
