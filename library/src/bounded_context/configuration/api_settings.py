"""The settings of a stack's HTTP API, typed and checked."""

import re
from dataclasses import dataclass
from typing import Any, Self

from .alarms import LEAST_PERCENT
from .config import SettingError, Source, between, flag, numbers, structure, texts
from .schema import Schema, listing, members, read_all, schema_is, setting, text

MOST_AUDIENCES = 50
"""Maximum audiences of a JWT authorizer (API Gateway, "Quotas for configuring and running an HTTP API")."""

LOOPBACK = r"http://127\.0\.0\.1:\d+"
"""For the local run, whose servers have no certificates. AWS does not accept such an issuer."""

_ISSUER = re.compile(rf"(https://[^\s/?#]+|{LOOPBACK})(/[^\s?#]*)?")
_ORIGIN_WORDS = "origins such as https://app.example.org, without a path"
_ORIGIN = re.compile(r"(https://[a-z0-9.-]+|http://(localhost|127\.0\.0\.1))(:\d{1,5})?")


@dataclass(frozen=True)
class Jwt:
    """The accepted tokens: from `issuer`, for any of `audience`."""

    issuer: str
    audience: tuple[str, ...]


@dataclass(frozen=True)
class Throttle:
    """Limits of each route for all callers together: `rate` requests a second, `burst` at once.

    Requests above a limit get a 429. AWS treats the limits as targets and does not guarantee them (API Gateway,
    "Throttle requests to your HTTP APIs").
    """

    rate: int = between("Requests a second.", 1, 10_000, 100)
    burst: int = between("Requests at once.", 1, 5_000, 200)


@dataclass(frozen=True)
class ApiObjectives:
    """The service level objectives of the HTTP API."""

    answered_percent: float = between(
        "Percentage of the requests with an answer other than 5xx.", LEAST_PERCENT, 99.999, 99.9
    )
    latency_ms: int = between("Milliseconds in which 95 % of the requests are answered.", 1, 30_000, 2_000)


def _schema_of_jwt() -> Schema:
    audience = {**listing({"type": "string"}), "minItems": 1, "maxItems": MOST_AUDIENCES}
    issuer = text(_ISSUER, "the https address that its tokens name as `iss`")
    return members({"issuer": issuer, "audience": audience}, "issuer", "audience")


@schema_is(_schema_of_jwt)
def _jwt(config: Source, key: str) -> Jwt | None:
    form = "a map {issuer: https://..., audience: [...]}"
    given: dict[str, Any] = structure(config, key, dict, {}, form)
    if config.get(key) is None:
        return None
    if set(given) != {"issuer", "audience"}:
        raise SettingError(key, f"is {given!r}: write {form}.")
    issuer = given["issuer"]
    if not isinstance(issuer, str) or not _ISSUER.fullmatch(issuer):
        raise SettingError("api_jwt.issuer", f"is {issuer!r}: write the https address that its tokens name as `iss`.")
    return Jwt(issuer, _audience(given["audience"]))


def _audience(names: Any) -> tuple[str, ...]:
    good = isinstance(names, list) and all(isinstance(name, str) and name.strip() for name in names)
    # Without an audience, the API would accept tokens that the issuer made for other applications.
    if not good or not 1 <= len(names) <= MOST_AUDIENCES:
        raise SettingError("api_jwt.audience", f"is {names!r}: write a list of 1 to {MOST_AUDIENCES} audiences.")
    return tuple(names)


@schema_is(lambda: listing(text(_ORIGIN, _ORIGIN_WORDS)))
def _origins(config: Source, key: str) -> tuple[str, ...]:
    kind = "a list of origins"
    if "*" in structure(config, key, list, [], kind):
        raise SettingError(
            key,
            "has '*': name each origin, since requests carry their callers' credentials "
            "and no other page may send them.",
        )
    return texts(config, key, _ORIGIN, _ORIGIN_WORDS, kind=kind)


@dataclass(frozen=True)
class ApiSettings:
    """The HTTP API."""

    api_jwt: Jwt | None = setting(
        "The accepted tokens. Without the setting, callers sign their requests with IAM credentials.",
        {"issuer": "https://login.example.org", "audience": ["loan"]},
        _jwt,
    )
    api_cors_origins: tuple[str, ...] = setting(
        "The web pages that may call the API.", ["https://app.example.org"], _origins
    )
    api_throttle: Throttle = setting(
        "The limits of each route for all callers together. Requests above a limit get a 429.",
        {"rate": 50},
        numbers,
        Throttle,
    )
    api_objectives: ApiObjectives = setting(
        "The service level objectives of the API.", {"latency_ms": 500}, numbers, ApiObjectives
    )
    api_route_metrics: bool = setting(
        "Metrics for each route, at 0.90 USD a month for a route with calls.", False, flag, default=True
    )

    @classmethod
    def from_config(cls, config: Source) -> Self:
        """Read and check all settings. Raises SettingError with one sentence for the first bad value."""
        return cls(**read_all(cls, config))
