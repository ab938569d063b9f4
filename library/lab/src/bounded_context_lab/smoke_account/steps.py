"""The steps of the test, in order. The last step always destroys the stack."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from bounded_context.declaration.context import Context
from bounded_context_cli.command.aws_errors import AWS_ERRORS, Refused, sentence
from bounded_context_cli.command.errors import LocalRunError
from bounded_context_cli.release.package import PackageError
from bounded_context_platform.temporary_stacks.pulumi_cli import Failed

from .lists import ROWS, check_commands, check_events, check_import
from .releases import check_bad_version, check_good_version
from .worlds import World

STOPS = (Failed, LocalRunError, PackageError, Refused, *AWS_ERRORS)
"""The expected errors of a step."""


@dataclass(frozen=True)
class Step:
    """The result of a step: its duration in seconds, and a sentence about the result or the error."""

    name: str
    seconds: float
    message: str
    passed: bool


@dataclass
class Steps:
    """The completed steps; `report` is called after each step."""

    report: Callable[[Step], None]
    completed: list[Step] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether all steps passed."""
        return all(step.passed for step in self.completed)

    def run(self, name: str, action: Callable[[], str]) -> None:
        """Run a step, which returns a sentence. Raises the step's error after its report."""
        began, message, passed = time.monotonic(), "interrupted", False
        try:
            message, passed = action(), True
        except STOPS as error:
            message = sentence(error, "deploy")
            raise
        finally:
            step = Step(name, time.monotonic() - began, message, passed)
            self.completed.append(step)
            self.report(step)


def smoke(world: World, context: Context[Any], steps: Steps) -> None:
    """Deploy, test and destroy the stack. Failures are recorded in the steps.

    Raises:
        KeyboardInterrupt: the user pressed Ctrl-C; the stack is destroyed.
    """
    try:
        _deploy_and_check(world, context, steps)
    except STOPS:
        pass
    finally:
        with _undisturbed(), suppress(*STOPS):
            steps.run("destroy", lambda: world.destroy() or "nothing is left")


def _deploy_and_check(world: World, context: Context[Any], steps: Steps) -> None:
    outputs: dict[str, Any] = {}

    def deploy() -> str:
        outputs.update(world.deploy())
        return outputs["release"]["application"]

    steps.run("deploy", deploy)
    if context.has_lists:
        steps.run(f"{ROWS} rows", lambda: check_import(world, context, outputs))
    else:
        steps.run(f"{ROWS} commands", lambda: check_commands(world, context, outputs))
    steps.run("queues", lambda: check_events(world, context, outputs))
    steps.run("bad version", lambda: check_bad_version(world, context, outputs))
    steps.run("good version", lambda: check_good_version(world, context, outputs))


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ignore Ctrl-C and SIGTERM while the stack is destroyed. uv forwards Ctrl-C, so it arrives twice."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
