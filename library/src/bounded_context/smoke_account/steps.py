"""The steps, one after the other; the last of them, which takes the stack away, whatever came of the others."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ..context import Context
from ..local.errors import LocalRunError
from ..package import PackageError
from ..rollout.errors import AWS_ERRORS, Refused, sentence
from .lists import ROWS, arrive, events
from .releases import bad_version, good_version
from .world import Failed, World

STOPS = (Failed, LocalRunError, PackageError, Refused, *AWS_ERRORS)
"""What a step may end with."""


@dataclass(frozen=True)
class Step:
    """What became of a step: how long it took in seconds, and in a sentence what was seen, or what went wrong."""

    name: str
    seconds: float
    said: str
    passed: bool


@dataclass
class Steps:
    """What was done so far; `tell` is given each step once it is over."""

    tell: Callable[[Step], None]
    done: list[Step] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether all went as it should."""
        return all(step.passed for step in self.done)

    def take(self, name: str, act: Callable[[], str]) -> None:
        """Take a step, which says what was seen. Raises what it raises, once that is reported."""
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
    """Deploy the stack, try it, and destroy it. What went wrong is among the steps.

    Raises:
        KeyboardInterrupt: somebody pressed Ctrl-C, and the stack is destroyed.
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
    """Let no Ctrl-C end what takes the stack away: uv passes the terminal's on, so it comes twice."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
