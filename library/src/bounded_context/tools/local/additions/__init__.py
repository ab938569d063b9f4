"""Additional actions of a run, which exercise the other parts of the context: calls, a bad row, an event."""

from .acts import Beside, begun
from .results import Shown

__all__ = ["Beside", "Shown", "begun"]
