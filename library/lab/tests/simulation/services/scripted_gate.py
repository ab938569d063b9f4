"""A gate whose next calls meet faults that a test names."""

from collections.abc import Callable
from typing import TypeVar

from .gate import Errors
from .plain_gate import PlainGate

T = TypeVar("T")


class ScriptedGate(PlainGate):
    """A gate of faults. Each call takes the next of ``faults``: throttled, failed, unanswered, lost, or nothing.

    ``lost`` is a request that does not arrive: its sender gets the error of a lost answer.
    """

    def __init__(self, *faults: str) -> None:
        super().__init__()
        self.faults = list(faults)

    def call(self, name: str, effect: Callable[[], T], errors: Errors) -> T:
        """Run the effect, or raise the error of the next fault."""
        fault = self.faults.pop(0) if self.faults else ""
        if fault in ("throttled", "failed"):
            self.names.append(name)
            raise getattr(errors, fault)()
        if fault == "lost":
            self.names.append(name)
            raise errors.unanswered()
        result = super().call(name, effect, errors)
        if fault == "unanswered":
            raise errors.unanswered()
        return result
