"""The attribute ``meta`` of botocore's clients."""

from typing import Any


class Events:
    """The events of a client, to which hooks may be registered. No simulated call emits one."""

    def register(self, *_: Any, **__: Any) -> None:
        """Accept a hook, which is never called."""


class Meta:
    """The attributes of a client."""

    def __init__(self) -> None:
        self.events = Events()
        self.region_name = "eu-central-1"
        self.endpoint_url = "https://simulated.invalid/"
