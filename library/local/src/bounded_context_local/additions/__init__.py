"""Additional actions of a run, which exercise the other parts of the context: calls, a bad row, an event."""

from .actions import AdditionalActions, started
from .calls import ActionResult

__all__ = ["ActionResult", "AdditionalActions", "started"]
