"""What a run does besides its list, so that every part of the context is seen at work: calls, a bad row, an event."""

from .acts import Beside, begun
from .shown import Shown

__all__ = ["Beside", "Shown", "begun"]
