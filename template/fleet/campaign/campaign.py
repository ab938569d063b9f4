"""A campaign: the waves of a fleet, and the steps of each repository."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path

from ...upkeep.commands import documents
from ...upkeep.errors import CannotTell
from ...upkeep.update import Bakes, merge_bakes, plan
from .bakery import bakes
from .branch import Branch, changes
from .own_commands import OwnCommands, processors
from .records import Records
from .result import DONE, Result, State
from .survey import Step, Task, find, guarded
from .texts import check_command, message, pull_request

_CONNECTIONS = 8
"""The number of remotes that are read or pushed at the same time."""


class Campaign:
    """The update of a fleet; its temporary clones are in ``work``."""

    def __init__(self, records: Records, commands: OwnCommands, work: Path) -> None:
        self._records, self._commands, self._work = records, commands, work

    def run(self, waves: Sequence[Sequence[Result]]) -> Iterator[Result]:
        """Update the waves, and yield each result. A wave starts after all repositories of the wave before are done.

        All clones and remotes are read first: later, code of a repository may have changed the settings of a clone.
        """
        tasks = ((result, None) for result in chain.from_iterable(waves))
        tasks_by_name = {task[0].name: task for task in self._each(_CONNECTIONS, self._find, tasks)}
        is_done = True
        for wave in waves:
            for result in self._updated(wave, [tasks_by_name[result.name] for result in wave]) if is_done else wave:
                is_done = is_done and result.state in DONE
                yield result

    def _updated(self, wave: Sequence[Result], tasks: Sequence[Task]) -> Iterator[Result]:
        """Make the branches of a wave, and then run the checks in its order: the time of the checks is limited."""
        behind = {result.name: branch for result, branch in tasks if branch and result.state is State.TO_UPDATE}
        baked = bakes({name: branch.repository(branch.base) for name, branch in behind.items()}, self._work)
        branch_tasks = dict[str, Task]()
        for task in self._each(processors(), partial(self._make, baked), tasks):
            if task[0].commit:
                branch_tasks[task[0].name] = task
            else:
                yield task[0]
        ordered = (branch_tasks[result.name] for result in wave if result.name in branch_tasks)
        yield from (result for result, _ in self._each(processors(), self._finish, ordered))

    def _each(self, at_once: int, step: Step, tasks: Iterable[Task]) -> Iterator[Task]:
        with ThreadPoolExecutor(at_once) as pool:
            for ended in as_completed([pool.submit(guarded, step, *task, self._work) for task in tasks]):
                yield ended.result()

    def _find(self, result: Result, _: Branch | None) -> Task:
        self._commands.heed.check()
        self._records.log(result.name).unlink(missing_ok=True)
        return find(result, self._records.version)

    def _make(self, baked: Mapping[str, Bakes | CannotTell], result: Result, branch: Branch | None) -> Task:
        """Update a copy, generate its documents, and create the branch. Conflicts leave no branch."""
        self._commands.heed.check()
        if branch is None or result.state is not State.TO_UPDATE:
            return result, branch
        with branch.copy(branch.base, self._work) as copy:
            update_plan, bakes = plan(copy, None, {}), baked[result.name]
            if isinstance(bakes, CannotTell):
                raise bakes
            outcome = merge_bakes(update_plan, bakes, write=True, heed=self._commands.heed)
            if conflicts := sorted(outcome.merged.conflicts):
                return replace(result, state=State.CONFLICT, remedy=_resolve(branch, conflicts)), branch
            merged = changes(copy, branch.base)
            generated = self._commands.run(copy, documents(copy), self._records.log(result.name))
            commit = branch.commit(merged, copy, message(outcome), self._work)
        return replace(result, state=State.NOT_RUN if generated else State.RED, commit=commit), branch

    def _finish(self, result: Result, branch: Branch | None) -> Task:
        """Check a branch, write the text of the pull request, and push the branch unless the check failed."""
        self._commands.heed.check()
        if branch is None:
            return result, branch
        result = replace(result, state=self._checked(result, branch))
        with branch.apart(self._work) as apart:
            text = pull_request(apart, result, self._records.version)
            self._records.text(result.name).write_text(text, encoding="utf-8")
            if result.state is State.RED:
                return replace(result, remedy=self._remedy(result, branch)), branch
            apart.push(result.commit)
        return replace(result, remedy=self._remedy(result, branch), pushed=bool(branch.remote)), branch

    def _checked(self, result: Result, branch: Branch) -> State:
        """Return the state after the check, which does not run a second time after a success."""
        if result.state is State.RED:
            return State.RED
        if self._records.passed(result.name, result.commit):
            return State.READY
        with branch.copy(result.commit, self._work) as copy:
            passed = self._commands.run(copy, ["check"], self._records.log(result.name), limited=True)
        if passed:
            self._records.record(result.name, result.commit)
        return {True: State.READY, False: State.RED, None: State.NOT_RUN}[passed]

    def _remedy(self, result: Result, branch: Branch) -> str:
        log = self._records.log(result.name)
        return {
            State.READY: "",
            State.RED: f"The check failed ({log}): correct the code on {branch.name}, commit, and run this again.",
            State.NOT_RUN: f"The time is over: run `{check_command(branch)}` in {result.folder}, or run this again.",
        }[result.state]


def _resolve(branch: Branch, conflicts: Sequence[str]) -> str:
    return (
        f"Conflicts in {', '.join(conflicts)}: in {branch.folder}, run `git switch -c {branch.name} {branch.start}` "
        "and `template update .`, resolve them, commit, and run this again."
    )
