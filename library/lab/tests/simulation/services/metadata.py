"""The attribute ``meta`` of botocore's clients."""

from typing import Any


class Events:
    """The events of a client. Hooks may be registered, and are never called."""

    def register(self, *_: Any, **__: Any) -> None:
        """Accept a hook."""


class Meta:
    """The attributes of a client."""

    def __init__(self) -> None:
        self.events = Events()
        self.region_name = "eu-central-1"
        self.endpoint_url = "https://simulated.invalid/"
