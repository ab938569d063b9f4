"""A run of a command: the stack, its services on AWS, the clock, and the screen."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bounded_context_cli.command.aws_errors import AWS_ERRORS, Refusal, sentence
from bounded_context_cli.command.operation import Clock

from .follow import WORKERS, Follower, Task
from .functionmove import FunctionMove, Goal
from .notes import Order
from .outputs import Function, Release
from .report import ReleasedPart, RolloutReport
from .status import RolloutScreen
from .survey import Services, Survey, survey_all


@dataclass(frozen=True)
class RolloutRun:
    """A run on a stack."""

    stack: str
    release: Release
    services: Services
    clock: Clock
    screen: RolloutScreen

    def survey(self) -> Survey:
        """Read all functions and the state machine. Raises Refusal if the state machine cannot be read."""
        return survey_all(self.release.functions, self.services)

    def report(self, order: Order) -> RolloutReport:
        """Return an empty report of this run."""
        functions = [ReleasedPart(function.name, function.aws_name) for function in self.release.functions]
        machine = ReleasedPart("workflow", self.release.machine.name)
        return RolloutReport(order, functions, machine, self.clock.now())

    def move_functions(
        self, report: RolloutReport, minutes: float, goals: Sequence[Goal], beat: Callable[[], None] = lambda: None
    ) -> None:
        """Move each function to its goal. `beat` is called at each poll."""
        parts = {part.name: part for part in report.functions}
        moves = [FunctionMove(parts[goal.finding.function.name], report.order, self.services, goal) for goal in goals]
        self.follow([Task(move.part, move.steps()) for move in moves], report, minutes, beat)

    def follow(
        self, tasks: Sequence[Task], report: RolloutReport, minutes: float, beat: Callable[[], None] = lambda: None
    ) -> None:
        """Follow the parts to their end."""

        def show() -> None:
            beat()
            self.screen.show(report.parts)

        Follower(self.services.deployments, self.clock, minutes, show).follow(tasks)

    def confirm(self, report: RolloutReport) -> None:
        """Read each function's alias again. A part has succeeded if its target has all traffic of the alias.

        Another run, or a person, may have moved the alias since this run last read it.
        """
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(self._confirm, report.functions, self.release.functions))

    def _confirm(self, part: ReleasedPart, function: Function) -> None:
        try:
            position = self.services.functions.read(function)
        except (Refusal, *AWS_ERRORS) as error:
            if part.succeeded:
                part.finish("failed", f"its alias cannot be read again ({sentence(error)}): see `rollout status`.")
            return
        part.live = position.live
        if part.succeeded and (position.live != part.target or position.shifting):
            where = position.shares or f"version {position.live}"
            part.finish("failed", f"another run moves it now ({where}): see `rollout status`.")
