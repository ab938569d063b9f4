"""What all commands work with."""

from collections.abc import Sequence

from .alarms import Alarms
from .clients import Clients
from .clock import Clock
from .deployments import Deployments
from .follow import Follower, Journey
from .functionmove import FunctionMove, Tools
from .functions import Functions
from .machinemove import MachineMove
from .machines import Machines
from .model import Part
from .orders import Order
from .outputs import Function, Release
from .report import Report
from .screen import Screen


class Run:
    """A stack, the ways to AWS, the time, and the screen."""

    def __init__(self, stack: str, release: Release, clients: Clients, clock: Clock, screen: Screen) -> None:
        self.stack = stack
        self.release = release
        self.clock = clock
        self.screen = screen
        self.alarms = Alarms(clients.cloudwatch)
        self.machines = Machines(clients.stepfunctions, release.machine)
        deployments = Deployments(clients.codedeploy, release.application)
        self.tools = Tools(Functions(clients.functions), deployments, self.alarms)

    def report(self, order: Order) -> Report:
        """An empty report of this run."""
        functions = [Part(function.name, function.aws_name) for function in self.release.functions]
        machine = Part("workflow", self.release.machine.name)
        return Report(order, functions, machine, self.clock.now())

    def move_functions(self, report: Report, minutes: float, moves: Sequence[tuple[Function, str]]) -> None:
        """Move functions, each to the version beside it or, if that is empty, to its newest one."""
        parts = {part.name: part for part in report.functions}
        self._follow(
            [
                Journey(
                    parts[function.name], self._function_move(parts[function.name], function, report, target).steps()
                )
                for function, target in moves
            ],
            report,
            minutes,
        )

    def _function_move(self, part: Part, function: Function, report: Report, target: str) -> FunctionMove:
        return FunctionMove(part, function, report.order, self.tools, target)

    def move_machine(self, report: Report, minutes: float, target: str = "") -> None:
        """Move the state machine to `target`, or to its newest version."""
        move = MachineMove(report.workflow, report.order, self.machines, self.alarms, self.clock, target)
        self._follow([Journey(report.workflow, move.steps())], report, minutes)

    def _follow(self, journeys: list[Journey], report: Report, minutes: float) -> None:
        follower = Follower(self.tools.deployments, self.clock, minutes, lambda: self.screen.show(report.parts))
        follower.follow(journeys)
