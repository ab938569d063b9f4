"""The alias of the state machine: each write is sent only while the alias is as it was last read or written."""

from .errors import AWS_ERRORS, code, passes
from .machines import Machines, Routing
from .model import Part, Steps, patiently

_BUSY = "ConflictException"
"""Another update of the alias is under way (Step Functions API reference, UpdateStateMachineAlias)."""


class Changed(Exception):
    """Another run has written the alias."""


class MachineAlias:
    """The alias as one run knows it: `known` is its last state, `sent` a write whose answer was lost."""

    def __init__(self, part: Part, machines: Machines, known: Routing) -> None:
        self._part = part
        self._machines = machines
        self.known = known
        self._sent: Routing | None = None

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
        """Try once, given the alias as it was just read. Returns False if another try is needed."""
        self._check(now)
        if now != wanted:
            self._sent = wanted
            try:
                self._machines.route(wanted)
            except AWS_ERRORS as error:
                if not passes(error) and code(error) != _BUSY:
                    raise
                return False
        self.known, self._sent = wanted, None
        return True

    def _check(self, now: Routing) -> None:
        if now not in (self.known, self._sent):
            raise Changed
