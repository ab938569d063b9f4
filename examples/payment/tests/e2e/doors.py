"""What comes through the doors of a context besides messages, lists and events: requests to its HTTP API."""

from .api import request
from infra.context import ROUTES
from local.api import owner
from local.context import RunningContext


def knock(context: RunningContext) -> None:
    """Send a request to each route: some are answered well, others are refused."""
    caller = owner(context)
    for function in ROUTES:
        method, path = request(function)
        caller.send(method, path, body={} if method == "POST" else None)
