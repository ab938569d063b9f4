"""The CodeDeploy deployments of an application, and the follower of a run's parts.

The follower polls AWS once for all parts, then runs a step of each part in parallel.
"""

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self, TypeAlias, TypeVar

from botocore.exceptions import ClientError

from bounded_context_cli.command.aws_errors import AWS_ERRORS, Expired, Refusal, code, passes, sentence
from bounded_context_cli.command.operation import Clock
from bounded_context_cli.command.output import minute

from .releases import Ended, Note, ReleasedPart

if TYPE_CHECKING:
    from mypy_boto3_codedeploy import CodeDeployClient
    from mypy_boto3_codedeploy.literals import DeploymentStatusType
    from mypy_boto3_codedeploy.type_defs import (
        CreateDeploymentInputTypeDef,
        DeploymentInfoTypeDef,
        LambdaTargetTypeDef,
    )


BATCH = 25
"""The maximum of deployments in a call of BatchGetDeployments (CodeDeploy API reference)."""

ACTIVE: "tuple[DeploymentStatusType, ...]" = ("Created", "Queued", "InProgress", "Baking", "Ready")
ENDED: "tuple[DeploymentStatusType, ...]" = ("Succeeded", "Failed", "Stopped")

MISMATCH = "INVALID_LAMBDA_CONFIGURATION"
"""The error of a deployment whose alias is not at the current version (CodeDeploy API reference, ErrorInformation)."""

THROTTLED = "THROTTLED"
"""The error of a deployment whose calls Lambda has throttled (CodeDeploy API reference, ErrorInformation)."""

_UNKNOWN = ("DeploymentDoesNotExistException", "InvalidDeploymentIdException")


@dataclass(frozen=True)
class Deployment:
    """The state of a deployment, with times in UTC. `rollback_of` is the id of the deployment that it rolls back."""

    id: str
    status: str
    description: str
    created: datetime
    error: str
    message: str
    rollback_id: str
    rollback_of: str
    may_roll_back: bool
    completed: datetime | None = None

    @classmethod
    def of(cls, info: "DeploymentInfoTypeDef") -> Self:
        """Convert CodeDeploy's DeploymentInfo."""
        rollback, error = info.get("rollbackInfo", {}), info.get("errorInformation", {})
        deployment_id = info.get("deploymentId", "")
        trigger = rollback.get("rollbackTriggeringDeploymentId", "")
        return cls(
            id=deployment_id,
            status=info.get("status", "Created"),
            description=info.get("description", ""),
            # botocore returns times in the machine's time zone.
            created=info["createTime"].astimezone(UTC),  # pyrefly: ignore[not-required-key-access] (every deployment has it)
            error=error.get("code", ""),
            message=error.get("message", ""),
            rollback_id=rollback.get("rollbackDeploymentId", ""),
            rollback_of="" if trigger == deployment_id else trigger,
            may_roll_back=info.get("autoRollbackConfiguration", {}).get("enabled", True),
            completed=info["completeTime"].astimezone(UTC) if "completeTime" in info else None,
        )

    @property
    def ended(self) -> bool:
        """Whether the status is final. A rollback is a separate deployment."""
        return self.status in ENDED

    @property
    def stopped_by_request(self) -> bool:
        """Whether a person or another run, and not an alarm, stopped the deployment."""
        return self.status == "Stopped" and self.error != "ALARM_ACTIVE"

    @property
    def reverses(self) -> bool:
        """Whether the deployment reverses a version: a rollback, or a deployment of a `rollout back`."""
        return bool(self.rollback_of) or (self.note is not None and self.note.returns)

    @property
    def started(self) -> bool:
        """Whether the deployment may have moved the alias. It only starts if the alias is at its current version."""
        return self.error != MISMATCH

    @property
    def refuses(self) -> bool:
        """Whether a hook, an alarm or an error of the version has ended the deployment."""
        retried = (MISMATCH, THROTTLED)
        return self.status in ("Failed", "Stopped") and not self.stopped_by_request and self.error not in retried

    @property
    def summary(self) -> str:
        """The status, time, rolled-back deployment and error, on one line."""
        why = f": {self.error} {self.message}".rstrip() if self.error else ""
        undone = f" (rolls {self.rollback_of} back)" if self.rollback_of else ""
        return f"{self.id} {self.status}, {minute(self.created)}{undone}{why}"

    @property
    def note(self) -> Note | None:
        """The release in the description, or None if this driver did not create the deployment."""
        return Note.parse(self.description)


@dataclass(frozen=True)
class Shift:
    """The progress of a deployment: `weight` is the target's percentage, `failed_event` the failed lifecycle event."""

    current: str
    target: str
    weight: float
    failed_event: str

    @classmethod
    def of(cls, target: "LambdaTargetTypeDef") -> Self:
        """Convert CodeDeploy's LambdaTarget."""
        info = target.get("lambdaFunctionInfo", {})
        events = target.get("lifecycleEvents", [])
        failed = [event.get("lifecycleEventName", "") for event in events if event.get("status") == "Failed"]
        return cls(
            current=info.get("currentVersion", ""),
            target=info.get("targetVersion", ""),
            # AWS returns a share from 0 to 1, although the API reference documents a percentage.
            weight=round(100 * info.get("targetVersionWeight", 0.0), 2),
            failed_event=failed[0] if failed else "",
        )


def noted(history: Sequence[Deployment]) -> Iterator[tuple[Deployment, Note]]:
    """Yield the ended deployments of this driver that may have moved the alias, with their notes."""
    for deployment in history:
        if deployment.ended and deployment.started and (note := deployment.note):
            yield deployment, note


def deployment_of(history: Sequence[Deployment], live: str) -> Deployment | None:
    """Return the newest ended deployment of this driver that moved an alias to `live`."""
    return next((deployment for deployment, note in noted(history) if note.target == live), None)


def unverified(history: Sequence[Deployment], live: str) -> str:
    """Return the reason why a live version does not count as released: no deployment of the version succeeded.

    Deployments before the last return from the version do not count. Returns an empty text if a deployment succeeded,
    or if this driver created none.
    """
    failed: Deployment | None = None
    for deployment, note in noted(history):
        succeeded = deployment.status == "Succeeded"
        if note.returns and succeeded and live in (note.before, note.target):
            break
        if note.returns or note.target != live:
            continue
        if succeeded:
            return ""
        failed = failed or deployment
    if failed is None:
        return ""
    return (
        f"version {live} is live although its deployment did not succeed ({failed.summary}): "
        "run `rollout back`, or release a newer version."
    )


class Deployments:
    """Creates, lists, reads and stops the deployments of an application. All methods raise ClientError."""

    def __init__(self, client: "CodeDeployClient", application: str) -> None:
        self._client = client
        self._application = application

    def create(self, request: "CreateDeploymentInputTypeDef") -> str | None:
        """Create a deployment and return its id, or None if the group has an active deployment."""
        try:
            return self._client.create_deployment(**request)["deploymentId"]
        except ClientError as error:
            if code(error) != "DeploymentLimitExceededException":
                raise
            return None

    def read(self, ids: Iterable[str]) -> dict[str, Deployment]:
        """Return deployments by id."""
        unique_ids = sorted(set(ids))
        batches = (unique_ids[start : start + BATCH] for start in range(0, len(unique_ids), BATCH))
        return {deployment.id: deployment for batch in batches for deployment in self._batch(batch)}

    def _batch(self, ids: list[str]) -> list[Deployment]:
        try:
            infos = self._client.batch_get_deployments(deploymentIds=ids).get("deploymentsInfo", [])
        except ClientError as error:
            if code(error) not in _UNKNOWN or len(ids) == 1:
                raise
            # An unknown id fails the whole batch.
            return [deployment for deployment_id in ids for deployment in self._read_one(deployment_id)]
        return [Deployment.of(info) for info in infos]

    def _read_one(self, deployment_id: str) -> list[Deployment]:
        try:
            return [Deployment.of(self._client.get_deployment(deploymentId=deployment_id)["deploymentInfo"])]
        except ClientError as error:
            if code(error) not in _UNKNOWN:
                raise
            return []

    def active(self, group: str) -> Deployment | None:
        """Return the active deployment of a group. CodeDeploy allows one active deployment per group."""
        deployments = self.read(self._list(group, ACTIVE)).values()
        # A listed deployment may have ended meanwhile.
        running = [deployment for deployment in deployments if not deployment.ended]
        return max(running, key=lambda deployment: deployment.created, default=None)

    def history(self, group: str, known: Collection[str] = ()) -> list[Deployment]:
        """Return all deployments of a group except those of the known ids, the newest first."""
        deployments = self.read({*self._list(group, (*ACTIVE, *ENDED))}.difference(known)).values()
        return sorted(deployments, key=lambda deployment: deployment.created, reverse=True)

    def _list(self, group: str, statuses: "tuple[DeploymentStatusType, ...]") -> list[str]:
        pages = self._client.get_paginator("list_deployments").paginate(
            applicationName=self._application, deploymentGroupName=group, includeOnlyStatuses=statuses
        )
        return [deployment_id for page in pages for deployment_id in page["deployments"]]

    def shift(self, deployment_id: str) -> Shift | None:
        """Return the progress of a deployment, or None if it has not begun."""
        try:
            targets = self._client.list_deployment_targets(deploymentId=deployment_id).get("targetIds", [])
            if not targets:
                return None
            answer = self._client.batch_get_deployment_targets(deploymentId=deployment_id, targetIds=targets)
        except ClientError as error:
            if code(error) != "DeploymentNotStartedException":
                raise
            return None
        [target, *_] = answer.get("deploymentTargets", [{}])
        return Shift.of(target["lambdaTarget"]) if "lambdaTarget" in target else None

    def stop(self, deployment_id: str, *, rollback: bool) -> None:
        """Stop a deployment, unless it has ended."""
        try:
            self._client.stop_deployment(deploymentId=deployment_id, autoRollbackEnabled=rollback)
        except ClientError as error:
            if code(error) != "DeploymentAlreadyCompletedException":
                raise

    def alarms(self, group: str) -> list[str]:
        """Return the names of the alarms that stop a group's deployments."""
        answer = self._client.get_deployment_group(applicationName=self._application, deploymentGroupName=group)
        configuration = answer["deploymentGroupInfo"].get("alarmConfiguration", {})
        return [alarm["name"] for alarm in configuration.get("alarms", []) if "name" in alarm]


POLL = 5.0
"""Seconds between two polls."""

GRACE = 5
"""Minutes for rollbacks after the run's time is over."""

WORKERS = 8
"""The maximum of parts whose steps run in parallel. CodeDeploy throttles more."""

T = TypeVar("T")
Steps: TypeAlias = Generator[str | None, Deployment | None, T]
"""The steps of a part. A step yields to wait until the next poll of AWS.

It yields the id of a deployment, and receives that deployment, or None if AWS did not answer. It yields None to wait
without a deployment.
"""


def retried(part: ReleasedPart, call: Callable[[], T]) -> Steps[T]:
    """Call AWS, and repeat the call at each poll after a transient error. Raises all other AWS errors."""
    while True:
        try:
            return call()
        except AWS_ERRORS as error:
            wait_for_aws(part, error)
        yield None


def wait_for_aws(part: ReleasedPart, error: Exception) -> None:
    """Show that a part waits because of a transient error. Raise all other errors."""
    if not passes(error):
        raise error
    part.doing = f"waiting, since AWS does not answer ({sentence(error)})"


@dataclass
class Task:
    """A part and its steps. `awaited` is the id of the deployment that its next step receives."""

    part: ReleasedPart
    steps: Steps[None]
    awaited: str | None = None

    def step(self, awaited: Deployment | None, failure: Exception | None) -> bool:
        """Run a step. Return False if it was the last step."""
        try:
            self.awaited = self.steps.throw(failure) if failure else self.steps.send(awaited)
        except StopIteration:
            return False
        except Ended as end:
            self.part.finish(end.result, end.why)
            return False
        except Refusal as error:
            self.part.finish("failed", str(error))
            return False
        except AWS_ERRORS as error:
            deployment = self.part.deployment_id
            alone = f" (CodeDeploy may go on with {deployment}: see `rollout status`)" if deployment else ""
            self.part.finish("failed", f"{sentence(error)}{alone}")
            return False
        return True


@dataclass(frozen=True)
class Follower:
    """Follows tasks for `minutes`, and calls `show` after each poll."""

    deployments: Deployments
    clock: Clock
    minutes: float
    show: Callable[[], None]

    def follow(self, tasks: Sequence[Task]) -> None:
        """Run until every part has a result. After an interrupt, close the steps, which restore the aliases."""
        for task in tasks:
            task.part.started = self.clock.now()
        try:
            with ThreadPoolExecutor(WORKERS) as pool:
                self._until_all_end(pool, list(tasks))
        finally:
            for task in tasks:
                task.steps.close()
            self.show()

    def _until_all_end(self, pool: ThreadPoolExecutor, tasks: list[Task]) -> None:
        deadline = self.clock.now() + timedelta(minutes=self.minutes)
        expired = False
        tasks = self._step(pool, tasks, {}, None)
        while tasks:
            self.show()
            self.clock.sleep(POLL)
            expires = not expired and self.clock.now() >= deadline
            if expires:
                # The process may have been suspended beyond the deadline.
                expired, deadline = True, self.clock.now()
            if expired and self.clock.now() >= deadline + timedelta(minutes=GRACE):
                return _abandon(tasks, self._read(tasks)[0])
            deployments, failure = self._read(tasks)
            tasks = self._step(pool, tasks, deployments, Expired() if expires else failure)

    def _read(self, tasks: list[Task]) -> tuple[dict[str, Deployment], Exception | None]:
        """Return the awaited deployments, and a permanent error if one occurred."""
        try:
            return self.deployments.read(task.awaited for task in tasks if task.awaited), None
        except AWS_ERRORS as error:
            if not passes(error):
                return {}, error
            for task in tasks:
                wait_for_aws(task.part, error)
            return {}, None

    def _step(
        self, pool: ThreadPoolExecutor, tasks: list[Task], deployments: dict[str, Deployment], failure: Exception | None
    ) -> list[Task]:
        continues = list(pool.map(lambda task: task.step(deployments.get(task.awaited or ""), failure), tasks))
        for task, goes_on in zip(tasks, continues, strict=True):
            if not goes_on and task.part.started:
                task.part.seconds = (self.clock.now() - task.part.started).total_seconds()
        return [task for task, goes_on in zip(tasks, continues, strict=True) if goes_on]


def _abandon(tasks: list[Task], deployments: Mapping[str, Deployment]) -> None:
    """Finish the remaining parts. A deployment that has succeeded meanwhile counts."""
    for task in tasks:
        last = deployments.get(task.part.deployment_id)
        if last and last.status == "Succeeded":
            task.part.finish("succeeded")
        else:
            task.part.finish("timed out", f"it had not ended {GRACE} minutes after its time: see `rollout status`.")
