"""The doors that callers have besides a function's invocation: the HTTP API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Self

import pulumi

from infra.alerts import Alerts
from infra.api_settings import ApiSettings
from infra.components.http_api import STAGE, HttpApi, Route
from infra.components.release import Release
from infra.config import Source
from infra.context import ROUTES
from infra.dashboards.api import sections
from infra.dashboards.grid import Section
from infra.labels import Labels
from infra.logs import Logs
from infra.service.functions import SPECS

SETTINGS: Final = frozenset(field.name for field in fields(ApiSettings))
"""The names of their settings."""


@dataclass(frozen=True)
class Opened:
    """What there is once they are open: outputs of the stack (None without an API), and sections of its dashboards."""

    api: Mapping[str, Any] | None
    sections: pulumi.Input[Mapping[str, Sequence[Section]]]


@dataclass(frozen=True)
class Doors:
    """What a stack says of them."""

    settings: ApiSettings

    @classmethod
    def from_config(cls, config: Source) -> Self:
        """Read and check their settings. Raises SettingError with one sentence for the first bad value."""
        return cls(ApiSettings.from_config(config))

    def open(self, labels: Labels, logs: Logs, alerts: Alerts, releases: Mapping[str, Release]) -> Opened:
        """Make a route to the alias of each function that has one."""
        timeouts = {spec.name: spec.timeout for spec in SPECS}
        routes = {name: Route(key, releases[name].alias, timeouts[name]) for name, key in ROUTES.items()}
        api = HttpApi("api", labels, logs, alerts, settings=self.settings, routes=routes)
        return Opened({"id": api.id, "url": api.url}, api.id.apply(lambda known: sections(known, STAGE, ROUTES)))
