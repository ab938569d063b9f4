"""A stack that is there for a while: whose it is, and until when; made from the sources as they are, and destroyed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from ..package import build_lambda
from ..project import Project
from ..rollout.errors import Refused
from ..smoke_account.pulumi_cli import Pulumi
from ..smoke_account.throwaway import Throwaway, release
from ..smoke_account.world import Failed
from .kinds import kind_of

OWNER: Final = "owner"
EXPIRES: Final = "expires"
"""Tags of the stack, and of what it is made of."""

TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
"""UTC, in ISO 8601."""

_LEFT_OUT: Final = (
    # Without SFTP and alarms there are none of these; `log_key_arn` is a key that is for dev's logs.
    *("partners", "sftp_server_id", "latency_alarms", "release_alarms", "expect_list_hours", "log_key_arn"),
)


@dataclass(frozen=True)
class Temporary:
    """What is known about such a stack; nobody knows its owner, or its end, where a stack was made in another way."""

    kind: str
    name: str
    owner: str | None
    expires: datetime | None

    @property
    def stack(self) -> str:
        """The stack's name."""
        return f"{self.kind}-{self.name}"

    def is_over(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires is not None and self.expires <= now

    def told(self) -> dict[str, str | None]:
        """What `list --json` prints of it."""
        until = self.expires and self.expires.strftime(TIME)
        return {"stack": self.stack, "kind": self.kind, "name": self.name, OWNER: self.owner, EXPIRES: until}


def stacks(project: Project) -> list[str]:
    """The names of all of a repository's, sorted. Raises Refused without a Pulumi CLI or a login."""
    return sorted(stack for stack in Pulumi("", project.service).there() if kind_of(stack))


def read(project: Project, stack: str) -> Temporary:
    """Ask Pulumi whose a stack is, and until when. Raises Failed."""
    tags = Pulumi(stack, project.service).tags()
    kind, _, name = stack.partition("-")
    return Temporary(kind, name, tags.get(OWNER), _time(tags.get(EXPIRES)))


def _time(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text or "", TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


def find(project: Project, stack: str, owner: str) -> Temporary | None:
    """Return the stack if it is there. Raises Refused if it is somebody else's."""
    found = read(project, stack) if stack in stacks(project) else None
    if found is not None and found.owner != owner:
        whose = f"is {found.owner}'s" if found.owner else "has no owner"
        raise Refused(f"The stack {stack} {whose}, and you are {owner}: write another name, or ask.")
    return found


def raise_up(
    project: Project,
    stack: str,
    owner: str,
    expires: datetime,
    build: Callable[[Project], object] = build_lambda,
) -> Mapping[str, Any]:
    """Make the stack of the sources as they are, or deploy them to it; returns its outputs.

    Raises:
        Refused: it is somebody else's, or could not be made; nothing was changed.
        Failed: it was not deployed; what is there stays.
    """
    made = Throwaway(project, stack)
    made.check_name()
    found = find(project, stack, owner)
    build(project)
    until = expires.strftime(TIME)
    made.write(**settings(owner, until))
    if found is None:
        made.init()
    made.pulumi.tag(owner=owner, expires=until)
    return made.pulumi.up()


def shift(stack: str, outputs: Mapping[str, Any]) -> None:
    """Let the newest versions have all traffic, which a second deployment leaves where it was. Raises Failed."""
    status, report = release(stack, outputs)
    if status != 0:
        behind = [one for one in report.get("functions", ()) if one["why"]]
        why = "; ".join(f"{one['name']}: {one['why']}" for one in behind) or report.get("why") or report.get("result")
        raise Failed(f"{stack} is deployed, and not all of its traffic was shifted: {why}")


def settings(owner: str, expires: str) -> dict[str, Any]:
    """What differs from `dev`, None for what is left out: less to pay for, nobody to be told, nothing to be kept."""
    differs = {"sftp": "none", "alarms": "none", "protect": False, "rollout_strategy": "AllAtOnce"}
    return {**differs, OWNER: owner, EXPIRES: expires, **dict.fromkeys(_LEFT_OUT)}
