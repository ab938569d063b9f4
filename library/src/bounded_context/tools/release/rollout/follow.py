"""Follow the parts of a run: poll AWS once for all parts, then run a step of each part in parallel."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from ...command.aws_errors import AWS_ERRORS, Expired, Refused, passes, sentence
from ...command.clock import Clock
from .deployments import Deployment, Deployments
from .model import Part, Steps

POLL = 5.0
"""Seconds between two polls."""

GRACE = 5
"""Minutes for rollbacks after the run's time is over."""

WORKERS = 8
"""The maximum of parts whose steps run in parallel. CodeDeploy throttles more."""


@dataclass
class Journey:
    """A part and its steps. `awaited` is the id of the deployment that its next step receives."""

    part: Part
    steps: Steps[None]
    awaited: str | None = None


class Follower:
    """Follows journeys for `minutes`, and calls `show` after each poll."""

    def __init__(self, deployments: Deployments, clock: Clock, minutes: float, show: Callable[[], None]) -> None:
        self._deployments = deployments
        self._clock = clock
        self._minutes = minutes
        self._show = show

    def follow(self, journeys: Sequence[Journey]) -> None:
        """Run until every part has a result. After an interrupt, close the steps, which restore the aliases."""
        for journey in journeys:
            journey.part.started = self._clock.now()
        try:
            with ThreadPoolExecutor(WORKERS) as pool:
                self._until_all_end(pool, list(journeys))
        finally:
            for journey in journeys:
                journey.steps.close()
            self._show()

    def _until_all_end(self, pool: ThreadPoolExecutor, open_: list[Journey]) -> None:
        deadline = self._clock.now() + timedelta(minutes=self._minutes)
        expired = False
        open_ = self._step(pool, open_, {}, None)
        while open_:
            self._show()
            self._clock.sleep(POLL)
            expires = not expired and self._clock.now() >= deadline
            if expires:
                # The process may have been suspended beyond the deadline.
                expired, deadline = True, self._clock.now()
            if expired and self._clock.now() >= deadline + timedelta(minutes=GRACE):
                return _abandon(open_, self._look(open_)[0])
            seen, failure = self._look(open_)
            open_ = self._step(pool, open_, seen, Expired() if expires else failure)

    def _look(self, open_: list[Journey]) -> tuple[dict[str, Deployment], Exception | None]:
        """Return the awaited deployments, and a permanent error if one occurred."""
        try:
            return self._deployments.look(journey.awaited for journey in open_ if journey.awaited), None
        except AWS_ERRORS as error:
            if not passes(error):
                return {}, error
            for journey in open_:
                journey.part.doing = f"waiting, since AWS does not answer ({sentence(error)})"
            return {}, None

    def _step(
        self, pool: ThreadPoolExecutor, open_: list[Journey], seen: dict[str, Deployment], failure: Exception | None
    ) -> list[Journey]:
        goes_on = pool.map(lambda journey: _goes_on(journey, seen.get(journey.awaited or ""), failure), open_)
        left = [journey for journey, going in zip(open_, list(goes_on), strict=True) if going]
        for journey in open_:
            if journey not in left and journey.part.started:
                journey.part.seconds = (self._clock.now() - journey.part.started).total_seconds()
        return left


def _goes_on(journey: Journey, seen: Deployment | None, failure: Exception | None) -> bool:
    """Run a step. Return False if it was the last step."""
    try:
        journey.awaited = journey.steps.throw(failure) if failure else journey.steps.send(seen)
    except StopIteration:
        return False
    except Refused as error:
        journey.part.finish("failed", str(error))
        return False
    except AWS_ERRORS as error:
        journey.part.finish("failed", f"{sentence(error)}{_goes_on_alone(journey.part)}")
        return False
    return True


def _goes_on_alone(part: Part) -> str:
    return f" (CodeDeploy may go on with {part.deployment_id}: see `rollout status`)" if part.deployment_id else ""


def _abandon(open_: list[Journey], seen: Mapping[str, Deployment]) -> None:
    """Finish the remaining parts. A deployment that has succeeded meanwhile counts."""
    for journey in open_:
        last = seen.get(journey.part.deployment_id)
        if last and last.status == "Succeeded":
            journey.part.finish("succeeded")
        else:
            journey.part.finish("timed out", f"it had not ended {GRACE} minutes after its time: see `rollout status`.")
