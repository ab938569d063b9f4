"""The settings of releases: traffic shifting, and the alarms that stop it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import Field, PlainValidator, WithJsonSchema

from .schema import ONCE, Form, setting, within
from .strategy import BadStrategy, Strategy

_ALARM: Final = Form(r"[!-~]([ -~]{0,253}[!-~])?", "the name of an alarm, up to 255 characters")
_FOLDER: Final = Form(r"\S.*", "the folder that holds code.zip and layer.zip")

_STRATEGY: Final = {"type": "string", "title": "a strategy of CodeDeploy, or an own such as Canary25Percent20Minutes"}

MOST_MORE_ALARMS: Final = 8
"""CodeDeploy accepts ten alarms for a deployment group, and a release may make two of its own."""

LONGEST_MS: Final = 900_000
"""Milliseconds: Lambda's longest timeout, 15 minutes."""


def _strategy(text: Any) -> Strategy:
    try:
        return Strategy.parse(text or "")
    except BadStrategy as error:
        raise ValueError(f"is {error}".removesuffix(".")) from None


@dataclass(frozen=True, kw_only=True)
class ReleaseSettings:
    """Releases."""

    rollout_strategy: Annotated[
        Strategy,
        PlainValidator(_strategy),
        WithJsonSchema(_STRATEGY),
    ] = setting("Canary10Percent5Minutes")
    """The steps in which a new version gets the traffic. An alarm during the steps returns the old version."""
    latency_alarms: Annotated[
        Mapping[str, Annotated[int, within(1, LONGEST_MS)]], Field(title="a map of functions to milliseconds")
    ] = setting({"register": 2000}, {})
    """Milliseconds that 95 of 100 calls of a function's new version may take."""
    release_alarms: Annotated[tuple[Annotated[str, _ALARM], ...], Field(max_length=MOST_MORE_ALARMS), ONCE] = setting(
        ["shop-orders-failed"], ()
    )
    """The names of other alarms that stop a release."""
    artifacts: Annotated[str, _FOLDER] = setting("../../build", "../../build")
    """The folder of the built functions, relative to the program."""
