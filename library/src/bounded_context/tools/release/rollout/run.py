"""A run of a command: the stack, its services on AWS, the clock, and the screen."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from ...command.aws_errors import AWS_ERRORS, Refused, sentence
from ...command.clock import Clock
from .alarms import Alarms
from .clients import Clients
from .deployments import Deployments
from .follow import WORKERS, Follower, Journey
from .functionmove import FunctionMove, Tools
from .functions import Functions
from .goal import Goal
from .machines import Machines
from .model import GOOD, Part
from .orders import Order
from .outputs import Function, Release
from .report import Report
from .screen import Screen
from .survey import Survey, survey_all


class Run:
    """A run on a stack."""

    def __init__(self, stack: str, release: Release, clients: Clients, clock: Clock, screen: Screen) -> None:
        self.stack = stack
        self.release = release
        self.clock = clock
        self.screen = screen
        self.alarms = Alarms(clients.cloudwatch)
        self.machines = Machines(clients.stepfunctions, clients.writer, release.machine)
        deployments = Deployments(clients.codedeploy, release.application)
        self.tools = Tools(Functions(clients.functions), deployments, self.alarms)

    def survey(self) -> Survey:
        """Read all functions and the state machine. Raises Refused if the state machine cannot be read."""
        return survey_all(self.release.functions, self.tools, self.machines)

    def report(self, order: Order) -> Report:
        """Return an empty report of this run."""
        functions = [Part(function.name, function.aws_name) for function in self.release.functions]
        machine = Part("workflow", self.release.machine.name)
        return Report(order, functions, machine, self.clock.now())

    def move_functions(
        self, report: Report, minutes: float, moves: Mapping[Function, Goal], beat: Callable[[], None] = lambda: None
    ) -> None:
        """Move each function to its goal. `beat` is called at each poll."""
        parts = {part.name: part for part in report.functions}
        journeys = [
            Journey(part, FunctionMove(part, function, report.order, self.tools, goal).steps())
            for function, goal in moves.items()
            for part in [parts[function.name]]
        ]
        self.follow(journeys, report, minutes, beat)

    def follow(
        self, journeys: list[Journey], report: Report, minutes: float, beat: Callable[[], None] = lambda: None
    ) -> None:
        """Follow the parts to their end."""

        def show() -> None:
            beat()
            self.screen.show(report.parts)

        Follower(self.tools.deployments, self.clock, minutes, show).follow(journeys)

    def confirm(self, report: Report) -> None:
        """Read each function's alias again. A part has succeeded if its target has all traffic of the alias.

        Another run, or a person, may have moved the alias since this run last read it.
        """
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(self._confirm, report.functions, self.release.functions))

    def _confirm(self, part: Part, function: Function) -> None:
        try:
            position = self.tools.functions.read(function)
        except (Refused, *AWS_ERRORS) as error:
            if part.result in GOOD:
                why = str(error) if isinstance(error, Refused) else sentence(error)
                part.finish("failed", f"its alias cannot be read again ({why}): see `rollout status`.")
            return
        part.live = position.live
        if part.result not in GOOD or (position.live == part.target and not position.shifting):
            return
        where = position.shares or f"version {position.live}"
        part.finish("failed", f"another run moves it now ({where}): see `rollout status`.")
