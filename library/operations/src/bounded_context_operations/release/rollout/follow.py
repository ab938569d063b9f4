"""Follow the parts of a run: poll AWS once for all parts, then run a step of each part in parallel."""

from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias, TypeVar

from bounded_context_cli.command.aws_errors import AWS_ERRORS, Expired, Refusal, passes, sentence
from bounded_context_cli.command.operation import Clock

from .deployments import Deployment, Deployments
from .report import Ended, ReleasedPart

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
