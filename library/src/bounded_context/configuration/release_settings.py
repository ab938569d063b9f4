"""The settings of releases: traffic shifting, and the alarms that stop it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .config import SettingError, Source, limits, matching, texts
from .schema import listing, schema_is, setting, text
from .strategy import BadStrategy, Strategy

_ALARM: Final = re.compile(r"[!-~]([ -~]{0,253}[!-~])?")
_ALARM_WORDS: Final = "the name of an alarm, up to 255 characters"
_FOLDER: Final = re.compile(r"\S.*")

MOST_MORE_ALARMS: Final = 8
"""CodeDeploy accepts ten alarms for a deployment group, and a release may make two of its own."""

LONGEST_MS: Final = 900_000
"""Milliseconds: Lambda's longest timeout, 15 minutes."""


@schema_is(lambda: {"type": "string", "title": "a strategy of CodeDeploy, or an own such as Canary25Percent20Minutes"})
def _strategy(config: Source, key: str) -> Strategy:
    try:
        return Strategy.parse(config.get(key) or "")
    except BadStrategy as error:
        raise SettingError(key, f"is {error}") from None


@schema_is(lambda: {**listing(text(_ALARM, _ALARM_WORDS)), "maxItems": MOST_MORE_ALARMS, "uniqueItems": True})
def _release_alarms(config: Source, key: str) -> tuple[str, ...]:
    names = texts(config, key, _ALARM, _ALARM_WORDS, kind="a list of alarms' names")
    if len(names) > MOST_MORE_ALARMS or len(set(names)) != len(names):
        raise SettingError(
            key,
            f"has {len(names)} names: write at most {MOST_MORE_ALARMS}, each once; "
            "CodeDeploy takes ten alarms, and a release may make two of its own.",
        )
    return names


@dataclass(frozen=True, kw_only=True)
class ReleaseSettings:
    """Releases."""

    rollout_strategy: Strategy = setting(
        "The steps in which a new version gets the traffic. An alarm during the steps returns the old version.",
        "Canary10Percent5Minutes",
        _strategy,
    )
    latency_alarms: Mapping[str, int] = setting(
        "Milliseconds that 95 of 100 calls of a function's new version may take.",
        {"register": 2000},
        limits,
        "milliseconds",
        LONGEST_MS,
    )
    release_alarms: tuple[str, ...] = setting(
        "The names of other alarms that stop a release.", ["shop-orders-failed"], _release_alarms
    )
    artifacts: str = setting(
        "The folder of the built functions, relative to the program.",
        "../../build",
        matching,
        _FOLDER,
        "../../build",
        "the folder that holds code.zip and layer.zip",
    )
