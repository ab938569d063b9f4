"""A release: its parts in the stack's outputs, its notes and orders, and the report of a run.

A note is a description on AWS that assigns a deployment or the state machine's alias to a release. An order has the
release id and the direction of a run, and creates its CodeDeploy deployments.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from bounded_context_cli.command.aws_errors import Refusal
from bounded_context_cli.command.pulumi import parsed, read_outputs, refuse_others, region_of
from bounded_context_infra.configuration.strategy import Strategy

if TYPE_CHECKING:
    from mypy_boto3_codedeploy.type_defs import CreateDeploymentInputTypeDef, RevisionLocationTypeDef


NO_MACHINE: Final = "none"
"""The name of the absent state machine of a context without lists; other names begin with the context's."""


class NoVersion(Refusal):
    """A function has no version, or its alias has no version number."""


@dataclass(frozen=True)
class Function:
    """A function of the release: its name in the code, its name on AWS, its alias, its deployment group."""

    name: str
    aws_name: str
    alias: str
    group: str


@dataclass(frozen=True)
class Machine:
    """The state machine of the release. Its alarms stop the shift. The ARN is empty in a context without lists."""

    arn: str = ""
    alias_arn: str = ""
    alarms: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name on AWS; `NO_MACHINE` in a context without lists."""
        return self.arn.rpartition(":")[2] or NO_MACHINE


@dataclass(frozen=True)
class Release:
    """The stack's data for a rollout. `hooks` maps `pre_traffic` and `post_traffic` to functions."""

    application: str
    strategy: Strategy
    functions: tuple[Function, ...]
    hooks: Mapping[str, str]
    machine: Machine
    region: str
    table: str

    @classmethod
    def of(cls, outputs: Mapping[str, Any]) -> Self:
        """Parse the outputs of the service program. `parsed` converts its errors."""
        release = outputs["release"]
        return cls(
            application=release["application"],
            strategy=Strategy.parse(release["strategy"]),
            functions=tuple(
                _function(name, outputs["functions"][name], group) for name, group in release["groups"].items()
            ),
            hooks={name: release["hooks"][name] for name in ("pre_traffic", "post_traffic")},
            machine=_machine(outputs) if "workflow_alarms" in release else Machine(),
            region=region_of(outputs),
            table=outputs["table_name"],
        )


def _machine(outputs: Mapping[str, Any]) -> Machine:
    alarms = tuple(outputs["release"]["workflow_alarms"])
    return Machine(outputs["state_machine"], outputs["state_machine_arn"], alarms)


def _function(name: str, alias_arn: str, group: str) -> Function:
    *_, aws_name, alias = alias_arn.split(":")
    return Function(name, aws_name, alias, group)


def read(stack: str, program: Path, file: Path | None) -> Release:
    """Return the release of a stack, from the outputs of `read_outputs`. Raises Refusal."""
    release = parsed(Release.of, read_outputs(stack, program, file))
    refuse_others(release.application, stack)
    return release


OnConflict = Literal["wait", "stop", "fail"]

LIMIT = 256
"""The maximum length of a description (Step Functions' limit for an alias; CodeDeploy also has a limit)."""

WORKFLOW = "workflow"
"""The name of the state machine in a release."""

ALL_AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"

HOOKS = {"pre_traffic": "BeforeAllowTraffic", "post_traffic": "AfterAllowTraffic"}
"""The lifecycle events of the hooks in a stack's outputs."""

_REASON = "; alarms ignored: "
_COMMIT: Final = 12
_PARTS: Final = 5
"""The parts of a release id before the commit."""
_TIME = "%Y%m%dT%H%M%SZ"

_FORM = re.compile(
    r"(going back from |back from )?release ([\w-]+): (\S+) (\S+) (\S+) -> ([^\s;]+)(?:; alarms ignored: (.*))?",
    re.DOTALL,
)


@dataclass(frozen=True)
class Note:
    """A part of a release with its versions `before` and `target`.

    `returns` reverses the release. `active_return` marks a state machine whose `rollout back` has not ended.
    """

    release_id: str
    stack: str
    name: str
    before: str
    target: str
    returns: bool = False
    ignored_alarms: str = ""
    active_return: bool = False

    @property
    def release(self) -> str:
        """The key that all runs to the same versions share. Without a digest, it is the whole id."""
        _, dash, digest = self.release_id.partition("-")
        return digest.partition("-")[0] if dash else self.release_id

    @property
    def commit(self) -> str:
        """The beginning of the commit's hash; empty if it was unknown, or if an earlier version wrote the note."""
        return [*self.release_id.split("-"), *[""] * _PARTS][_PARTS]

    def may_be_unfinished(self, versions: Mapping[str, str]) -> bool:
        """Return whether the release has not ended if the parts have these versions.

        A release moves the state machine last. A release counts as ended if the stack had other parts then, or if an
        earlier version of this driver wrote the note.
        """
        _, _, _, names, machine = [*self.release_id.split("-"), "", "", "", ""][:5]
        if names != _names(versions) or int(versions[WORKFLOW]) >= int(machine):
            return False
        return self.release != digest_of(versions)

    @property
    def began_before(self) -> datetime | None:
        """The second after the time in the release id, in UTC, because an id has whole seconds. None without a time."""
        try:
            began = datetime.strptime(self.release_id.partition("-")[0], _TIME).replace(tzinfo=UTC)
        except ValueError:
            return None
        return began + timedelta(seconds=1)

    @classmethod
    def parse(cls, description: str) -> Self | None:
        """Parse a description. Return None if this driver did not write it."""
        form = _FORM.fullmatch(description)
        if form is None:
            return None
        direction, release_id, stack, name, before, target, reason = form.groups()
        active = (direction or "").startswith("going")
        return cls(release_id, stack, name, before, target, bool(direction), reason or "", active)

    def __str__(self) -> str:
        """Return the description."""
        direction = f"{'going ' if self.active_return else ''}{'back from ' if self.returns else ''}"
        text = f"{direction}release {self.release_id}: {self.stack} {self.name} {self.before} -> {self.target}"
        room = LIMIT - len(text) - len(_REASON)
        return f"{text}{_REASON}{self.ignored_alarms[:room]}" if self.ignored_alarms and room > 0 else text


def release_id(now: datetime, targets: Mapping[str, str], run: int, machine: int, commit: str = "") -> str:
    """Return the id of a release that starts now.

    It has the time, a digest of the targets, the number of the run, a digest of the names of the parts, and `machine`:
    the lowest version of the state machine that only an ended release leads to. The beginning of the commit's hash
    follows, if it is known. A run that repeats or continues a release has the same targets and therefore the same
    digest. `run` distinguishes runs that start in the same second.
    """
    end = f"-{commit[:_COMMIT]}" if commit else ""
    return f"{now.strftime(_TIME)}-{digest_of(targets)}-{run}-{_names(targets)}-{machine}{end}"


def digest_of(targets: Mapping[str, str]) -> str:
    """Return the digest of the versions of all parts, by their names."""
    return _digest(f"{name}={version}" for name, version in sorted(targets.items()))


def _names(targets: Mapping[str, str]) -> str:
    return _digest(sorted(targets))[:4]


def _digest(words: Iterable[str]) -> str:
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Order:
    """The settings that all deployments of a run share. `returns` reverses the release.

    `again` also releases versions whose deployment has failed.
    """

    release: Release
    stack: str
    release_id: str
    on_conflict: OnConflict = "wait"
    ignored_alarms: str = ""
    returns: bool = False
    again: bool = False

    def note(self, name: str, before: str, target: str) -> Note:
        """Return the note that describes the move of a part."""
        return Note(self.release_id, self.stack, name, before, target, self.returns, self.ignored_alarms)

    def owns(self, note: Note | None) -> bool:
        """Return whether this run created the deployment with this note."""
        return note is not None and (note.release_id, note.returns) == (self.release_id, self.returns)

    def accepts(self, note: Note) -> bool:
        """Return whether another run's deployment has the same direction, and ignores alarms if this run does."""
        return note.returns == self.returns and (bool(note.ignored_alarms) or not self.ignored_alarms)

    def request(self, function: Function, current: str, target: str) -> "CreateDeploymentInputTypeDef":
        """Return the request for a deployment: by the group's strategy, or for a return at once and without alarms."""
        hooks = {} if self.returns else self.release.hooks
        request: CreateDeploymentInputTypeDef = {
            "applicationName": self.release.application,
            "deploymentGroupName": function.group,
            "revision": revision(appspec(function, current, target, hooks)),
            "description": str(self.note(function.name, current, target)),
        }
        if self.returns or self.ignored_alarms:
            request["overrideAlarmConfiguration"] = {"enabled": False}
        if self.returns:
            request["deploymentConfigName"] = ALL_AT_ONCE
            # A failed return must not roll forward again.
            request["autoRollbackConfiguration"] = {"enabled": False}
        return request


def appspec(function: Function, current: str, target: str, hooks: Mapping[str, str]) -> str:
    """Return the AppSpec as JSON (CodeDeploy user guide, "AppSpec file structure" for Lambda); hooks may be empty."""
    properties = {
        "Name": function.aws_name,
        "Alias": function.alias,
        "CurrentVersion": current,
        "TargetVersion": target,
    }
    document = {
        "version": 0.0,
        "Resources": [{function.name: {"Type": "AWS::Lambda::Function", "Properties": properties}}],
        **({"Hooks": [{HOOKS[name]: hook} for name, hook in hooks.items()]} if hooks else {}),
    }
    return json.dumps(document, indent=2) + "\n"


def revision(content: str) -> "RevisionLocationTypeDef":
    """Return the AppSpec, with its hash, as the revision of a deployment."""
    digest = hashlib.sha256(content.encode()).hexdigest()
    return {"revisionType": "AppSpecContent", "appSpecContent": {"content": content, "sha256": digest}}


Result = Literal[
    "succeeded",
    "up to date",
    "failed",
    "rolled back",
    "stopped",
    "timed out",
    "refused",
    "not started",
    "detached",
]
"""The result of a part. `detached`: CodeDeploy continues the deployment after the driver was interrupted."""

SUCCESSES: Final[tuple[Result, ...]] = ("succeeded", "up to date")

_UNCHANGED = ("refused", "not started", "up to date")

_WORST_FIRST: tuple[Result, ...] = (
    *("failed", "timed out", "rolled back", "stopped", "detached", "refused", "not started"),
    *SUCCESSES,
)


class Ended(Exception):
    """The end of a part's steps, with its result and the reason as a sentence."""

    def __init__(self, result: Result, why: str = "") -> None:
        super().__init__(why)
        self.result: Result = result
        self.why = why


@dataclass
class ReleasedPart:
    """A function or the state machine in a run. `live` is the version of its alias at the last read."""

    name: str
    aws_name: str
    before: str = ""
    target: str = ""
    live: str = ""
    weight: float | None = None
    deployment_id: str = ""
    doing: str = "reading"
    result: Result | None = None
    why: str = ""
    started: datetime | None = None
    seconds: float = 0.0

    @property
    def succeeded(self) -> bool:
        """Whether the part is at its target."""
        return self.result in SUCCESSES

    def finish(self, result: Result, why: str = "") -> None:
        """Set the result, and the reason as a sentence."""
        self.result, self.why, self.doing, self.weight = result, why, result, None
        self.before = self.before or self.live

    def as_json(self) -> dict[str, Any]:
        """Return the part in the form of `--json`."""
        return {
            "name": self.name,
            "function": self.aws_name,
            "from": self.before or None,
            "to": self.target or None,
            "live": self.live or None,
            "deployment_id": self.deployment_id or None,
            "result": self.result,
            "why": self.why or None,
            "seconds": round(self.seconds, 1),
        }


@dataclass
class RolloutReport:
    """A run with its parts and times. Its result is the worst result of its parts."""

    order: Order
    functions: list[ReleasedPart]
    workflow: ReleasedPart
    started: datetime
    ended: datetime | None = None

    @property
    def parts(self) -> list[ReleasedPart]:
        """The functions, and the state machine of a context with lists."""
        return [*self.functions, *([self.workflow] if self.workflow.aws_name != NO_MACHINE else [])]

    @property
    def result(self) -> Result:
        """The result of the run."""
        results: list[Result] = [part.result or "not started" for part in self.parts]
        return min(results, key=_WORST_FIRST.index)

    @property
    def exit_status(self) -> int:
        """0 for success, 2 if the run was refused and changed nothing, 1 otherwise."""
        if self.result in SUCCESSES:
            return 0
        return 2 if all(part.result in _UNCHANGED for part in self.parts) else 1

    def interrupt(self) -> None:
        """Set the results of the unfinished parts of an interrupted run."""
        for part in self.parts:
            if part.result is None and part.deployment_id:
                part.finish("detached", f"CodeDeploy goes on with {part.deployment_id}: see `rollout status`.")
            elif part.result is None:
                part.finish("not started", "the run was interrupted.")

    def as_json(self) -> dict[str, Any]:
        """Return the report in the form of `--json`, with times in UTC (ISO 8601)."""
        return {
            "stack": self.order.stack,
            "release": self.order.release_id,
            "strategy": self.order.release.strategy.name,
            "ignored_alarms": self.order.ignored_alarms or None,
            "started": self.started.isoformat(timespec="seconds"),
            "ended": self.ended.isoformat(timespec="seconds") if self.ended else None,
            "result": self.result,
            "functions": [part.as_json() for part in self.functions],
            "workflow": self.workflow.as_json(),
        }


def only_version(live: str) -> str:
    """Return the reason why a part at version 1 was not released; empty for other versions."""
    return "version 1 is its only version, which is live since its deployment." if live == "1" else ""
