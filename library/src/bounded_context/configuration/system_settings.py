"""The settings of other systems that functions call."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..declaration.secret_names import NAME
from .api_settings import LOOPBACK
from .config import SettingError, Source, structure
from .schema import mapping, schema_is, setting, text

_ADDRESS: Final = re.compile(rf"(https://[A-Za-z0-9.-]+(:\d{{1,5}})?|{LOOPBACK})(/[A-Za-z0-9._~-]+)*")
_WORDS: Final = "an https address without a slash at its end"


@schema_is(lambda: {**mapping(text(_ADDRESS, _WORDS)), "default": {}})
def _systems(config: Source, key: str) -> Mapping[str, str]:
    given: dict[str, Any] = structure(config, key, dict, {}, "a map of systems to their https addresses")
    for name, address in given.items():
        if not NAME.fullmatch(name):
            raise SettingError(f"{key}.{name}", f"has {name!r}: write its name in kebab-case.")
        if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
            raise SettingError(f"{key}.{name}", f"is {address!r}: write {_WORDS}.")
    return given


@dataclass(frozen=True, kw_only=True)
class SystemSettings:
    """Other systems."""

    systems: Mapping[str, str] = setting(
        "The addresses of the other systems that functions call, by name.",
        {"credit-bureau": "https://api.example.org/v1"},
        _systems,
    )
