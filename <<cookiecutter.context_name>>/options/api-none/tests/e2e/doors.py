"""What comes through the doors of a context besides messages, lists and events: there is none."""

from local.context import RunningContext


def knock(_context: RunningContext) -> None:
    """Send nothing."""
