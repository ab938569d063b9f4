"""What came through the doors of a running context besides its functions' invocation: requests to its HTTP API."""

from collections.abc import Iterator, Mapping
from typing import Any

from .emulator import Emulator
from .observation.aws_metrics import apigateway
from .observation.samples import Sample


class Doors:
    """What this run sent to the API, and what there is to tell of it: nothing, where the stack has none."""

    def __init__(self, routes: Mapping[str, str]) -> None:
        """Begin with no requests; `routes` has the key of each function's route."""
        self._routes = routes
        self.answered: list[apigateway.Answered] = []

    def samples(self, outputs: Mapping[str, Any], now: float) -> Iterator[Sample]:
        """Yield the samples that AWS would have of it by `now`, in seconds since 1970."""
        if not outputs.get("api"):
            return iter(())
        return apigateway.samples(outputs["api"]["id"], self._routes, list(self.answered), now)

    def to_call(self, emulator: Emulator, outputs: Mapping[str, Any]) -> list[str]:
        """Return lines that say how it is called."""
        if not outputs.get("api"):
            return []
        service = f"aws:amz:{emulator.region}:execute-api"
        signed = f'--aws-sigv4 "{service}" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"'
        routes = [f"# route of {function}: {key}" for function, key in self._routes.items()]
        return [f"curl -i {signed} {outputs['api']['url']}/...", *routes]
