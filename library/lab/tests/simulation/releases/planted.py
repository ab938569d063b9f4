"""Faults that are planted into the driver, to see that the simulation of releases finds each of them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from operator import itemgetter
from typing import Any, Final
from unittest.mock import patch

from bounded_context_operations.release.rollout import cli, machinemove, machines, returns, survey
from bounded_context_operations.release.rollout.functionmove import FunctionMove, Goal
from bounded_context_operations.release.rollout.machinemove import MachineMove
from bounded_context_operations.release.rollout.machines import MachineAlias
from bounded_context_operations.release.rollout.releases import Ended, Note
from bounded_context_operations.release.rollout.status import RolloutRun

Plant = Callable[[], AbstractContextManager[Any]]


def _put(target: Any, name: str, value: Any) -> Plant:
    return lambda: patch.object(target, name, value)


_ended_for_good = FunctionMove._ended_for_good


def _target_counts(self: Any, deployment_id: str) -> Any:
    """Regard a failed deployment as successful if its alias is at the target."""
    result = yield from _ended_for_good(self, deployment_id)
    part = self.part
    if part.live == part.target:
        part.finish("succeeded")
    return result


def _newest_now(self: Any) -> Any:
    """Release the newest definition of the state machine at the time of its turn."""
    self.survey = replace(self.survey, machine_newest=self.services.machines.newest())
    yield from _go(self)


_go = MachineMove._go


def _overwrite(self: Any, wanted: Any) -> Any:
    """Write the alias whatever it is now."""
    self._machines.route(wanted)
    self.known = wanted
    yield None


def _split_arrives(_self: Any, _position: Any) -> Any:
    """Leave a shift that nothing continues as it is."""
    yield None
    raise Ended("succeeded")


@contextmanager
def _by_clock() -> Iterator[None]:
    """Order releases by the drivers' clocks."""

    def by_clock(survey: Any) -> Any:
        releases = ((note.began_before, note) for _, note in _releases(survey))
        return sorted(releases, key=itemgetter(0), reverse=True)

    with patch.object(machines, "_time_of", lambda _: None), patch.object(returns, "_releases", by_clock):
        yield


_releases = returns._releases


def _without_a_look(_: Any) -> Any:
    """Give up without another look at the deployment."""
    yield from ()
    return False


def _unmarked(report: Any, plan: Any, alias: Any) -> Any:
    """Record that the way back has ended before its functions have moved."""
    yield from _return(report, plan, alias)
    if report.workflow.result != "failed":
        alias.put(_ended(alias.known), alias.known)


_return, _ended = returns._return_machine, returns._ended


def _anything(self: Goal, live: str) -> bool:
    return live != self.target


PLANTS: Final[dict[str, Plant]] = {
    "a failed deployment counts if the alias is at its target": _put(FunctionMove, "_ended_for_good", _target_counts),
    "a live version's failed deployment is forgotten": _put(survey, "unverified", lambda *_: ""),
    "a way back ends a release that began after it": _put(Goal, "may_end", lambda *_: True),
    "the newest definition is read after the functions' shift": _put(MachineMove, "_go", _newest_now),
    "the state machine's alias is overwritten": _put(MachineAlias, "write", _overwrite),
    "a shift that nothing continues counts as success": _put(FunctionMove, "_unify", _split_arrives),
    "a deployment is created from any version": _put(Goal, "reaches_from", _anything),
    "releases are ordered by the drivers' clocks": _by_clock,
    "a run that gives up does not look once more": _put(FunctionMove, "_succeeded_meanwhile", _without_a_look),
    "aliases are not read again at the end": _put(RolloutRun, "confirm", lambda *_: None),
    "a way back does not mark the state machine": _put(returns, "_return_machine", _unmarked),
    "a run that is alive counts as gone": _put(machinemove, "PATIENCE", timedelta(0)),
    "an alias that changed is put back": _put(MachineAlias, "_check", lambda *_: None),
    "a release that had not ended stays": _put(Note, "may_be_unfinished", lambda *_: False),
    "each earlier release counts as unfinished": _put(Note, "may_be_unfinished", lambda *_: True),
    "a version that failed meanwhile is deployed again": _put(Goal, "refused_by", lambda *_: False),
    "a version that failed before is deployed again": _put(cli, "_refuse_failed", lambda *_: None),
    "a version that was taken back is released again": _put(MachineMove, "_refuse_taken_back", lambda *_: None),
}
