"""The trial of a fault: the running stack, and the changes of the load that the fault requires."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bounded_context_cli.programs.graph import Graph
from bounded_context_local.observation.samples import Sample
from bounded_context_local.running.context import RunningContext
from bounded_context_local.uploads import Upload

from .interception import Interception, Rule, forwarded
from .resources import Resources


class NotReached(Exception):
    """The load never reaches the target of the fault; the message has the reason."""


@dataclass
class Trial:
    """The trial of one fault: the stack, and the changes of the load that the fault requires.

    Attributes:
        seed: the seed of all choices.
        announce: causes the events of stored uploads; None if an upload causes its event at once.
        twice: a function whose callers send each request two times.
        schedules: the number of calls of each scheduled function at a time.
        bad_event: whether an event of another context is malformed.
        broken: whether the uploads broke off, so no list is recorded.
        samples: the metrics that AWS would have written about the fault.
        lost: a text for each failure of the fault's target to treat the fault as documented.
        refused: the function of each call that the fault has refused, whole or in part.
        caused: alarms that the run itself sets off, because it plays a part of AWS.
        reached: returns whether the fault has affected a call.
    """

    running: RunningContext
    interception: Interception
    graph: Graph
    seed: int
    announce: Callable[[list[Upload]], None] | None = None
    twice: str = ""
    schedules: dict[str, int] = field(default_factory=dict)
    bad_event: bool = False
    broken: bool = False
    samples: list[Sample] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    caused: set[str] = field(default_factory=set)
    reached: Callable[[], object] = lambda: True

    @property
    def dice(self) -> random.Random:
        """A source of choices that is the same for the same seed."""
        return random.Random(self.seed)  # noqa: S311  choices, not secrets

    @property
    def resources(self) -> Resources:
        """The parts of the stack's resources."""
        return Resources(self.graph, self.running.context)

    def function_named(self, called: str) -> str:
        """Return the name in the code of a function, by its name on AWS or its ARN."""
        name = called.split(":")[6] if called.startswith("arn:") else called
        return next(one.name for one in self.graph.of("lambda/function") if one.called == name).replace("-", "_")


@contextmanager
def ruled(interception: Interception, rule: Rule) -> Iterator[None]:
    """Let a rule answer the calls of functions until the end of the block."""
    interception.rule = rule
    try:
        yield
    finally:
        interception.rule = forwarded
