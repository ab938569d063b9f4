"""The alias of the state machine. A write is sent only if the alias has not changed since the last read or write."""

from contextlib import suppress
from datetime import timedelta

from ...command.aws_errors import AWS_ERRORS, code, passes
from ...command.clock import Clock
from .machines import Machines, Routing
from .model import Part, Steps, patiently

_BUSY = "ConflictException"
"""Another update of the alias is in progress (Step Functions API reference, UpdateStateMachineAlias)."""


class Changed(Exception):
    """Another run has written the alias."""


BEAT = timedelta(minutes=2)
"""The time between two writes of a running process."""

PATIENCE = timedelta(minutes=5)
"""The time after which a run without a write of the alias counts as dead."""


class MachineAlias:
    """The alias from the view of a run: `known` is its last state, `sent` a write without an answer."""

    def __init__(self, part: Part, machines: Machines, known: Routing) -> None:
        self._part = part
        self._machines = machines
        self.known = known
        self._sent: Routing | None = None

    @property
    def pending(self) -> bool:
        """Whether a write has not been answered."""
        return self._sent is not None

    def write(self, wanted: Routing) -> Steps[None]:
        """Route the alias after a new read for each attempt. Raises Changed, ClientError and BotoCoreError.

        Step Functions has no conditional write of an alias. If another run writes between the read and the write, its
        write is lost.
        """
        while not (yield from self._written(wanted)):
            yield None

    def _written(self, wanted: Routing) -> Steps[bool]:
        now = yield from patiently(self._part, self._machines.routing)
        return self.put(wanted, now)

    def put(self, wanted: Routing, now: Routing) -> bool:
        """Try to write, given the alias's current state. Return False if another attempt is needed.

        Also writes an unchanged routing, which shows other runs that this run is alive.
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
    """Repeats the last write of the alias from time to time, which shows other runs that this run is alive."""

    def __init__(self, alias: MachineAlias, machines: Machines, clock: Clock) -> None:
        self._alias = alias
        self._machines = machines
        self._clock = clock
        self._next = clock.now() + BEAT

    def __call__(self) -> None:
        """Write if an interval has passed. Errors are ignored, because the next regular write reports them."""
        if self._clock.now() < self._next:
            return
        self._next = self._clock.now() + BEAT
        with suppress(Changed, *AWS_ERRORS):
            self._alias.put(self._alias.known, self._machines.routing())
