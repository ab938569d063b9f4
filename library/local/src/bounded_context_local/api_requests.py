"""Requests of a run to the context's HTTP API, and their metrics."""

from collections.abc import Iterator, Mapping
from typing import Any

from .emulator.process import Emulator
from .observation.aws_metrics import invocations
from .observation.logs import Sample


class ApiRequests:
    """The requests that this run sent to the API. Methods return nothing if the stack has no API."""

    def __init__(self, routes: Mapping[str, str]) -> None:
        """Begin without requests. `routes` contains the route key of each function."""
        self._routes = routes
        self.answered: list[invocations.Answered] = []

    def samples(self, outputs: Mapping[str, Any], now: float) -> Iterator[Sample]:
        """Return the metric samples that API Gateway would have written by `now`, in seconds since 1970."""
        if not outputs.get("api"):
            return iter(())
        return invocations.apigateway_samples(outputs["api"]["id"], self._routes, list(self.answered), now)

    def to_call(self, emulator: Emulator, outputs: Mapping[str, Any]) -> list[str]:
        """Return a `curl` command for the API, and its routes."""
        if not outputs.get("api"):
            return []
        service = f"aws:amz:{emulator.region}:execute-api"
        signed = f'--aws-sigv4 "{service}" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"'
        routes = [f"# route of {function}: {key}" for function, key in self._routes.items()]
        return [f"curl -i {signed} {outputs['api']['url']}/...", *routes]
