"""The steps of the test, in order. The last step always destroys the stack."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ....declaration.context import Context
from ...command.aws_errors import AWS_ERRORS, Refused, sentence
from ...command.errors import LocalRunError
from ...release.package import PackageError
from ..pulumi_cli import Failed
from .lists import ROWS, arrive, events
from .releases import bad_version, good_version
from .world import World

STOPS = (Failed, LocalRunError, PackageError, Refused, *AWS_ERRORS)
"""The expected errors of a step."""


@dataclass(frozen=True)
class Step:
    """The result of a step: its duration in seconds, and a sentence about the result or the error."""

    name: str
    seconds: float
    said: str
    passed: bool


@dataclass
class Steps:
    """The completed steps; `tell` is called after each step."""

    tell: Callable[[Step], None]
    done: list[Step] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether all steps passed."""
        return all(step.passed for step in self.done)

    def take(self, name: str, act: Callable[[], str]) -> None:
        """Run a step, which returns a sentence. Raises the step's error after its report."""
        began = time.monotonic()
        try:
            said = act()
        except STOPS as error:
            self._over(name, began, sentence(error, "deploy"), passed=False)
            raise
        except KeyboardInterrupt:
            self._over(name, began, "interrupted", passed=False)
            raise
        self._over(name, began, said, passed=True)

    def _over(self, name: str, began: float, said: str, *, passed: bool) -> None:
        step = Step(name, time.monotonic() - began, said, passed)
        self.done.append(step)
        self.tell(step)


def smoke(world: World, context: Context[Any], steps: Steps) -> None:
    """Deploy, test and destroy the stack. Failures are recorded in the steps.

    Raises:
        KeyboardInterrupt: the user pressed Ctrl-C; the stack is destroyed.
    """
    try:
        _try(world, context, steps)
    except STOPS:
        pass
    finally:
        _end(world, steps)


def _try(world: World, context: Context[Any], steps: Steps) -> None:
    outputs: dict[str, Any] = {}

    def deploy() -> str:
        outputs.update(world.deploy())
        return outputs["release"]["application"]

    steps.take("deploy", deploy)
    steps.take(f"{ROWS} rows", lambda: arrive(world, context, outputs))
    steps.take("queues", lambda: events(world, context, outputs))
    steps.take("bad version", lambda: bad_version(world, context, outputs))
    steps.take("good version", lambda: good_version(world, context, outputs))


def _end(world: World, steps: Steps) -> None:
    def destroy() -> str:
        world.destroy()
        return "nothing is left"

    try:
        with _undisturbed():
            steps.take("destroy", destroy)
    except STOPS:
        pass


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ignore Ctrl-C and SIGTERM while the stack is destroyed. uv forwards Ctrl-C, so it arrives twice."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
