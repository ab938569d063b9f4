"""The settings of a stack's HTTP API, typed and checked."""

from dataclasses import dataclass
from typing import Annotated, Final, Self

from pydantic import Field

from .alarms import LEAST_PERCENT
from .config import Source, read_all
from .schema import Form, Members, setting, within

MOST_AUDIENCES = 50
"""Maximum audiences of a JWT authorizer (API Gateway, "Quotas for configuring and running an HTTP API")."""

LOOPBACK = r"http://127\.0\.0\.1:\d+"
"""For the local run, whose servers have no certificates. AWS does not accept such an issuer."""

_ISSUER: Final = Form(rf"(https://[^\s/?#]+|{LOOPBACK})(/[^\s?#]*)?", "the https address that its tokens name as `iss`")
_AUDIENCE: Final = Form(r"[\s\S]*\S[\s\S]*", "an audience, which is not empty")
# Not `*`: requests carry their callers' credentials, and no other page may send them.
_ORIGIN: Final = Form(
    r"(https://[a-z0-9.-]+|http://(localhost|127\.0\.0\.1))(:\d{1,5})?",
    "each origin such as https://app.example.org, without a path",
)


@dataclass(frozen=True)
class Jwt(Members):
    """The accepted tokens: from `issuer`, for any of `audience`."""

    issuer: Annotated[str, _ISSUER]
    # Without an audience, the API would accept tokens that the issuer made for other applications.
    audience: Annotated[tuple[Annotated[str, _AUDIENCE], ...], Field(min_length=1, max_length=MOST_AUDIENCES)]


@dataclass(frozen=True)
class Throttle(Members):
    """Limits of each route for all callers together: `rate` requests a second, `burst` at once.

    Requests above a limit get a 429. AWS treats the limits as targets and does not guarantee them (API Gateway,
    "Throttle requests to your HTTP APIs").
    """

    rate: Annotated[int, within(1, 10_000)] = 100
    """Requests a second."""
    burst: Annotated[int, within(1, 5_000)] = 200
    """Requests at once."""


@dataclass(frozen=True)
class ApiObjectives(Members):
    """The service level objectives of the HTTP API."""

    answered_percent: Annotated[float, within(LEAST_PERCENT, 99.999)] = 99.9
    """Percentage of the requests with an answer other than 5xx."""
    latency_ms: Annotated[int, within(1, 30_000)] = 2_000
    """Milliseconds in which 95 % of the requests are answered."""


@dataclass(frozen=True)
class ApiSettings:
    """The HTTP API."""

    api_jwt: Jwt | None = setting({"issuer": "https://login.example.org", "audience": ["loan"]}, None)
    """The accepted tokens. Without the setting, callers sign their requests with IAM credentials."""
    api_cors_origins: tuple[Annotated[str, _ORIGIN], ...] = setting(["https://app.example.org"], ())
    """The web pages that may call the API."""
    api_throttle: Throttle = setting({"rate": 50}, Throttle())
    """The limits of each route for all callers together. Requests above a limit get a 429."""
    api_objectives: ApiObjectives = setting({"latency_ms": 500}, ApiObjectives())
    """The service level objectives of the API."""
    api_route_metrics: bool = setting(False, True)
    """Metrics for each route, at 0.90 USD a month for a route with calls."""

    @classmethod
    def from_config(cls, config: Source) -> Self:
        """Read and check all settings. Raises SettingError with a sentence for the first bad value."""
        return cls(**read_all(cls, config))
