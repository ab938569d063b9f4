"""The invariants of releases: some are checked at each change of an alias, the others at the end of each driver."""

from collections.abc import Iterator
from math import inf
from typing import TYPE_CHECKING

from bounded_context_operations.release.rollout.releases import ReleasedPart
from bounded_context_operations.release.rollout.status import Status

from ..history import Violation
from .aliases import Alias, Change
from .codedeploy import Deployment
from .driver import Ran
from .scenario import MACHINE

if TYPE_CHECKING:
    from .world import World


class Invariants:
    """Watches one schedule."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._forward: list[tuple[float, Ran, str]] = []
        """The time, the driver and the part of each move to a newer version."""
        world.aliases.watchers.append(self._changed)
        world.codedeploy.created.append(self._created)
        world.codedeploy.stopped.append(self._stopped)
        self._whole = [(0.0, self._versions())]
        """The versions of all parts whenever every part of a release is at its target, with the time."""

    def _raise(self, name: str, detail: str) -> None:
        if name not in self._world.known:
            raise Violation(name, detail)

    # Each change.

    def _versions(self) -> dict[str, int]:
        """Return the live version of each part."""
        return {part: alias.routed.live for part, alias in self._world.aliases.of.items()}

    def _note_end(self, *, ended: bool = False) -> None:
        """Record the versions if every part of a release is at its target, or if a release has succeeded.

        A release whose driver was killed before it moved a part has left no note: no way back can know it.
        """
        now = self._versions()
        split = any(alias.routed.split for alias in self._world.aliases.of.values())
        if not split and (ended or any(ran.newest == now for _, ran, _ in self._forward)):
            self._whole.append((self._world.scheduler.now(), now))

    def _changed(self, change: Change) -> None:
        self._note_end()
        if change.part == MACHINE:
            self._machine(change)
        else:
            self._function(change)

    def _function(self, change: Change) -> None:
        live = change.after.live
        if (
            live < change.before.live
            and change.by != "rollback"
            and not self._one(change.by).description.startswith("back")
        ):
            self._raise("moved-back", f"{change.part} from {change.before.live} to {live} by {change.by}")
        for version in self._world.aliases.of[MACHINE].routed.weights:
            self._check_required(version, change.part, live)

    def _machine(self, change: Change) -> None:
        newest, before = max(change.after.weights), max(change.before.weights)
        if newest < before and "back from" not in change.description:
            self._raise("moved-back", f"{MACHINE} from {before} to {newest}")
        if newest > before:
            self._moves(change.by, MACHINE)
            self._check_not_taken_back(change)
        for version in change.after.weights.keys() - change.before.weights.keys():
            for name in self._world.functions:
                self._check_required(version, name, self._world.aliases.of[name].routed.live)

    def _check_not_taken_back(self, change: Change) -> None:
        """A driver does not start again a version that another one has taken back since it read the alias first."""
        began = self._ran(change.by).seen.first[MACHINE] + self._world.epoch
        others = (
            other for other in reversed(self._world.aliases.history) if other.part == MACHINE and other.by != change.by
        )
        last = next((other for other in others if other.after.weights != other.before.weights), None)
        if last is None or last.at <= began or max(last.after.weights) >= max(last.before.weights):
            return
        if max(last.before.weights) == max(change.after.weights):
            self._raise("released-after-a-return", f"{change.by}: {MACHINE} {dict(change.after.weights)}")

    def _check_required(self, version: int, name: str, live: int) -> None:
        required = self._world.requires[version].get(name, 0)
        if live < required:
            self._raise("definition-without-function", f"machine {version} has executions, {name} is at {live}")

    # Each deployment.

    def _created(self, deployment: Deployment) -> None:
        if deployment.rollback_of:
            return
        if deployment.forward:
            self._moves(deployment.run, deployment.function)
            self._check_not_reversed(deployment)
            self._check_not_failed(deployment)
        elif deployment.target >= deployment.current:
            self._raise("deployment-to-the-same-version", deployment.id)
        else:
            self._backward(deployment)

    def _check_not_reversed(self, deployment: Deployment) -> None:
        """A driver does not release from a version to which another one has returned since it read the alias first."""
        began = self._ran(deployment.run).seen.first[deployment.function] + self._world.epoch
        for other in self._world.codedeploy.of_function(deployment.function):
            returned = not other.forward and not other.rollback_of and other.status == "Succeeded" and other.ended_at
            if returned and returned > began and other.target == deployment.current:
                self._raise("released-after-a-return", f"{deployment.id}: {deployment.function}, after {other.id}")

    def _check_not_failed(self, deployment: Deployment) -> None:
        """A driver does not deploy a version whose last deployment had failed before the driver's last list.

        A driver that releases versions again may have known those before its first read of the alias.
        """
        ran = self._ran(deployment.run)
        began = ran.seen.first[deployment.function] if ran.drive.again else -inf
        for other in self._world.codedeploy.of_function(deployment.function):
            if not other.forward or other.rollback_of or other.target != deployment.target or other is deployment:
                continue
            if other.status == "Succeeded":
                return
            failed = other.failed_at and other.failed_at - self._world.epoch
            if other.error in _FAILURES and failed and began < failed <= ran.seen.listed[deployment.function]:
                self._raise(
                    "failed-version-deployed-again", f"{deployment.id}: {deployment.function}, after {other.id}"
                )

    def _moves(self, name: str, part: str) -> None:
        ran = self._ran(name)
        self._forward.append((self._world.scheduler.now(), ran, part))
        if ran.publishes_at_write is None:
            ran.publishes_at_write = self._world.publishes

    def _backward(self, deployment: Deployment) -> None:
        if not deployment.description.startswith("back"):
            self._raise(
                "moved-back", f"{deployment.id}: {deployment.function} from {deployment.current} to {deployment.target}"
            )
        back, steps = self._ran(deployment.run), [*self._steps(deployment)]
        if not steps or steps[-1].current != deployment.target:
            self._raise(
                "back-is-not-the-reverse",
                f"{deployment.id}: {deployment.function} from {deployment.current} to {deployment.target}",
            )
        for brought in steps:
            if self._known_releases(back) and not self._is_last(brought, back):
                self._raise("back-takes-an-earlier-release", f"{deployment.id} reverses {brought.id}")
            self._reverses(back, brought)

    def _steps(self, deployment: Deployment) -> Iterator[Deployment]:
        """Yield the deployments that a way back reverses at once, the last one first."""
        version, before = deployment.current, deployment
        while version != deployment.target and (brought := self._brought(deployment.function, version, before)):
            if not brought.forward:
                return
            yield brought
            version, before = brought.current, brought

    def _stopped(self, deployment: Deployment, run: str) -> None:
        if run != "console" and self._ran(run).drive.command == "back" and deployment.forward:
            self._reverses(self._ran(run), deployment)

    def _reverses(self, back: Ran, reversed_: Deployment) -> None:
        """A way back reverses one release, and the deployments that had not ended when that began."""
        if reversed_.status != "Succeeded" and reversed_.ended:
            # Its version is live without its hooks, which every way back ends.
            return
        for other in back.reversed:
            first, second = self._ran(other.run), self._ran(reversed_.run)
            apart = first.publishes != second.publishes and not self._together(other, reversed_)
            if apart and first.stable and second.stable:
                self._raise("back-takes-two-releases", f"{back.seen.name}: {other.id} and {reversed_.id}")
        back.reversed.append(reversed_)

    def _together(self, deployment: Deployment, other: Deployment) -> bool:
        """Tell whether the earlier deployment or its release had not ended when the release of the later one began."""
        first, second = sorted((deployment, other), key=lambda each: each.created)
        began = self._began({self._ran(second.run).publishes})
        return first.ended_at is None or first.ended_at >= began or not self._was_whole(first, began)

    def _was_whole(self, brought: Deployment, until: float) -> bool:
        """Tell whether a release with this deployment had ended before a time, and no part of it was taken back."""
        whole = [
            versions
            for at, versions in self._whole
            if brought.created <= at <= until
            and all(self._is_proven(part, version, until) for part, version in versions.items())
            and not any(
                versions[change.part] > change.after.live for change in self._world.aliases.history if change.at > at
            )
        ]
        return not self._ran(brought.run).stable or any(state[brought.function] == brought.target for state in whole)

    def _began(self, releases: set[int]) -> float:
        """Return the time at which the first driver of these releases began that moved something."""
        began = (ran.began + self._world.epoch for _, ran, _ in self._forward if ran.publishes in releases)
        return min(began, default=0.0)

    def _brought(self, function: str, version: int, before: Deployment | None = None) -> Deployment | None:
        """Return the newest deployment that routed a function to a version; rollbacks do not count."""
        earlier = (
            deployment
            for deployment in self._world.codedeploy.of_function(function)
            if before is None or deployment.created < before.created
        )
        for deployment in earlier:
            if deployment.target == version and not deployment.rollback_of and deployment.error != _MISMATCH:
                return deployment
        return None

    # The last release.

    def _last(self, back: Ran) -> Iterator[Ran]:
        """Yield the drivers whose release may be the last one for a run of `back`; removed functions leave no trace."""
        began = back.began + self._world.epoch
        seen = [(at, ran) for at, ran, part in self._forward if not self._world.aliases.of[part].removed]
        yield from (ran for at, ran in seen if at >= began)
        earlier = [ran for at, ran in seen if at < began]
        if earlier:
            # Releases that overlap have no order.
            yield from (ran for ran in set(earlier) if ran.ended is None or ran.ended >= earlier[-1].began)

    def _known_releases(self, back: Ran) -> bool:
        return all(ran.stable for ran in self._last(back))

    def _is_last(self, brought: Deployment, back: Ran) -> bool:
        """Tell whether a deployment is of the last release, or had not ended when that began."""
        last = {ran.publishes for ran in self._last(back)}
        if brought.status != "Succeeded":
            # Its version is live without its hooks.
            return True
        if self._ran(brought.run).publishes in last:
            return True
        began = self._began(last)
        return brought.ended_at is None or brought.ended_at >= began or not self._was_whole(brought, began)

    # Each exit.

    def at_exit(self, ran: Ran) -> None:
        """Check the exit status of a driver. Raises Violation."""
        if ran.status == 2 and ran.seen.effects:
            self._raise("refused-after-a-change", f"{ran.seen.name}: {ran.seen.effects}")
        if ran.status == 0 and ran.drive.command == "start":
            self._started(ran)
        if ran.status == 0 and ran.drive.command == "back":
            self._returned(ran)
        if ran.status == 2 and ran.drive.command == "back":
            self._refused(ran)
        self._timed_out(ran)

    def _parts(self, ran: Ran) -> Iterator[tuple[ReleasedPart, Alias]]:
        """Yield each part with its alias, if nothing moved that after the driver's last read."""
        assert ran.screen.report
        for part in ran.screen.report.parts:
            alias = self._world.aliases.of[MACHINE if part.name == "workflow" else part.name]
            read = ran.seen.reads.get(alias.part)
            own = (at for at, written in ran.seen.effects if ran.drive.command == "start" or written == alias.part)
            last_write = 0.0 if alias.part == MACHINE and ran.drive.command == "back" else max(own, default=0.0)
            if read is None or read < last_write:
                self._raise("success-without-a-look", f"{ran.seen.name}: {alias.part}")
            elif alias.changed <= read + self._world.epoch and not alias.removed:
                yield part, alias

    def _started(self, ran: Ran) -> None:
        self._note_end(ended=True)
        for part, alias in self._parts(ran):
            where = f"{ran.seen.name}: {alias.part} at {dict(alias.routed.weights)}"
            if alias.routed.split:
                self._raise("success-with-a-split-alias", where)
            if alias.routed.live < ran.newest[alias.part]:
                self._raise("success-behind-the-newest", where)
            if not self._is_proven(alias.part, alias.routed.live):
                self._raise("success-without-hooks", where)
            if part.live != str(alias.routed.live):
                self._raise("report-differs", f"{where}, reported {part.live}")

    def _is_proven(self, part: str, version: int, until: float = inf) -> bool:
        """Tell whether a deployment of a version had succeeded, with its hooks, before a time."""
        if part == MACHINE or version == 1:
            return True
        succeeded = (
            deployment
            for deployment in self._world.codedeploy.of_function(part)
            if deployment.hooks and deployment.status == "Succeeded"
        )
        return any(deployment.target == version and (deployment.ended_at or 0.0) <= until for deployment in succeeded)

    def _returned(self, ran: Ran) -> None:
        for part, alias in self._parts(ran):
            where = f"{ran.seen.name}: {alias.part} at {dict(alias.routed.weights)}"
            if alias.routed.split:
                self._raise("success-with-a-split-alias", where)
            if part.live and part.live != str(alias.routed.live):
                self._raise("report-differs", f"{where}, reported {part.live}")
            if self._left_by_machine(ran, alias) if alias.part == MACHINE else self._left(ran, alias):
                self._raise("back-left-a-part", where)
        self._check_whole(ran)

    def _check_whole(self, back: Ran) -> None:
        """A way back without other activity leads to the end of a release."""
        others = [ran for ran in self._world.ran if ran is not back]
        alone = all(ran.stable and ran.ended is not None and ran.ended <= back.began for ran in others)
        if alone and not self._world.scenario.removed and self._versions() not in (state for _, state in self._whole):
            self._raise("back-leaves-a-mixture", f"{back.seen.name}: {self._versions()}")

    def _refused(self, ran: Ran) -> None:
        """A way back that is refused for lack of a release leaves none live."""
        removed = any(alias.removed for alias in self._world.aliases.of.values())
        if removed or not any("Nothing can go back" in sentence for sentence in ran.screen.sentences):
            return
        for name, read in ran.seen.reads.items():
            alias = self._world.aliases.of[name]
            unmoved = alias.changed <= read + self._world.epoch and not alias.removed
            if unmoved and name != MACHINE and self._left(ran, alias):
                self._raise("back-refuses-the-last-release", f"{ran.seen.name}: {name}")

    def _left_by_machine(self, ran: Ran, alias: Alias) -> bool:
        """Tell whether the state machine is still at the version that the last release moved it to."""
        if any(each.removed for each in self._world.aliases.of.values()):
            return False
        moves = (move for move in reversed(self._world.aliases.history) if move.part == MACHINE)
        last = next((move for move in moves if move.after.weights != move.before.weights), None)
        if last is None or last.after.live <= last.before.live or last.at >= ran.began + self._world.epoch:
            return False
        by = self._ran(last.by)
        known = len({driver.publishes for driver in self._last(ran)}) == 1 and self._known_releases(ran)
        return (
            known
            and alias.routed.live == last.after.live
            and by.publishes in {driver.publishes for driver in self._last(ran)}
        )

    def _left(self, ran: Ran, alias: Alias) -> bool:
        if any(each.removed for each in self._world.aliases.of.values()):
            # The alias of the state machine may still name the release of a removed function.
            return False
        brought = self._brought(alias.part, alias.routed.live)
        newest = next(
            (deployment for deployment in self._world.codedeploy.of_function(alias.part) if deployment.forward), None
        )
        if brought is None or brought is not newest or brought.created >= ran.began + self._world.epoch:
            return False
        return (
            len({driver.publishes for driver in self._last(ran)}) == 1
            and self._known_releases(ran)
            and self._is_last(brought, ran)
        )

    def _timed_out(self, ran: Ran) -> None:
        """The newest deployment has not timed out if it succeeded before the driver gave up, and AWS answers."""
        if self._world.scheduler.injected or not ran.screen.report or ran.drive.expired is not None:
            return
        for part in ran.screen.report.functions:
            own = next(self._world.codedeploy.of_function(part.name), None)
            if part.result == "timed out" and own and (own.id, own.status) == (part.deployment_id, "Succeeded"):
                assert own.ended_at is not None and part.started
                gave_up = part.started.timestamp() + part.seconds - ran.drive.skew
                if own.ended_at < gave_up - 2:
                    self._raise("timed-out-although-live", f"{ran.seen.name}: {part.name}")

    # The end.

    def at_rest(self) -> None:
        """Check that the drivers converged. Raises Violation."""
        for alias in self._world.aliases.of.values():
            if not alias.removed and (alias.routed.split or alias.routed.live != alias.newest):
                self._raise("not-converged", f"{alias.part}: {dict(alias.routed.weights)}, newest {alias.newest}")

    def status(self, status: Status) -> None:
        """Check that the status agrees. Raises Violation."""
        for part in status.parts:
            alias = self._world.aliases.of[MACHINE if part.name == "workflow" else part.name]
            if part.live != str(alias.routed.live) or not part.up_to_date:
                self._raise("status-differs", f"{part.name}: {part}")

    def _ran(self, name: str) -> Ran:
        return next(ran for ran in self._world.ran if ran.seen.name == name)

    def _one(self, deployment_id: str) -> Deployment:
        return next(deployment for deployment in self._world.codedeploy.all if deployment.id == deployment_id)


_MISMATCH = "INVALID_LAMBDA_CONFIGURATION"
_FAILURES = ("HOOK_EXECUTION_FAILURE", "ALARM_ACTIVE")
