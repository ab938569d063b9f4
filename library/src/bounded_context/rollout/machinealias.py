"""The alias of the state machine: each write is sent only while the alias is as it was last read or written."""

from contextlib import suppress
from datetime import timedelta

from .clock import Clock
from .errors import AWS_ERRORS, code, passes
from .machines import Machines, Routing
from .model import Part, Steps, patiently

_BUSY = "ConflictException"
"""Another update of the alias is under way (Step Functions API reference, UpdateStateMachineAlias)."""


class Changed(Exception):
    """Another run has written the alias."""


BEAT = timedelta(minutes=2)
"""The time between two writes of a run that is alive."""

PATIENCE = timedelta(minutes=5)
"""The time after which a run counts as gone if it has not written the alias."""


class MachineAlias:
    """The alias as one run knows it: `known` is its last state, `sent` a write whose answer was lost."""

    def __init__(self, part: Part, machines: Machines, known: Routing) -> None:
        self._part = part
        self._machines = machines
        self.known = known
        self._sent: Routing | None = None

    @property
    def pending(self) -> bool:
        """Whether the answer to a write was lost."""
        return self._sent is not None

    def write(self, wanted: Routing) -> Steps[None]:
        """Route the alias, and read it again before each attempt. Raises Changed, ClientError and BotoCoreError.

        Step Functions has no conditional write of an alias: a write of another run between a read and the write that
        follows it is lost.
        """
        while not (yield from self._written(wanted)):
            yield None

    def _written(self, wanted: Routing) -> Steps[bool]:
        now = yield from patiently(self._part, self._machines.routing)
        return self.put(wanted, now)

    def put(self, wanted: Routing, now: Routing) -> bool:
        """Try once, given the alias as it was just read. Returns False if another try is needed.

        Also writes a routing that the alias already has: other runs then see that this run is alive.
        """
        self._check(now)
        if not now == wanted == self._sent:
            self._sent = wanted
            try:
                self._machines.route(wanted)
            except AWS_ERRORS as error:
                if not passes(error) and code(error) != _BUSY:
                    self._sent = None
                    raise
                return False
        self.known, self._sent = wanted, None
        return True

    def _check(self, now: Routing) -> None:
        if now not in (self.known, self._sent):
            raise Changed


class Heartbeat:
    """Writes the alias again as it is from time to time, so that other runs see that this one is alive."""

    def __init__(self, alias: MachineAlias, machines: Machines, clock: Clock) -> None:
        self._alias = alias
        self._machines = machines
        self._clock = clock
        self._next = clock.now() + BEAT

    def __call__(self) -> None:
        """Write if it is time. A failure is left to the next write that matters."""
        if self._clock.now() < self._next:
            return
        self._next = self._clock.now() + BEAT
        with suppress(Changed, *AWS_ERRORS):
            self._alias.put(self._alias.known, self._machines.routing())
