"""How a stack's setting is read and checked: a bad one stops the program with a sentence that says what to write."""

import json
import re
from dataclasses import field, fields
from typing import Any, Protocol, TypeVar

from pulumi import RunError

LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545),
    *(731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""The periods that CloudWatch Logs knows."""

_T = TypeVar("_T")
_N = TypeVar("_N", int, float)


class SettingError(RunError):
    """A stack setting is missing or not usable. Pulumi prints such an error without a traceback."""


class Source(Protocol):
    """Where settings come from: `pulumi.Config`, or a plain dict of strings in tests."""

    def get(self, key: str, /) -> str | None:
        """The value of `key` as text (JSON for lists and maps), or None."""
        ...


def one_of(config: Source, key: str, allowed: tuple[Any, ...], default: str | None = None) -> Any:
    """The text of `key`, which must be one of these; without a default it must be there."""
    text = config.get(key)
    value = default if text is None else text
    if value not in allowed:
        raise SettingError(f"{key} is {value!r}: write one of {', '.join(allowed)}.")
    return value


def matching(config: Source, key: str, form: re.Pattern[str], default: str | None, words: str) -> str:
    """The text of `key`, of which `words` say what it must be; without a default it must be there."""
    value = config.get(key)
    if value is None and default is not None:
        return default
    if value is None or not form.fullmatch(value):
        raise SettingError(f"{key} is {value!r}: write {words}.")
    return value


def number(config: Source, key: str, default: _N, least: int, most: int) -> _N:
    """The number of `key`, of the default's type, from `least` to `most`."""
    kind = type(default)
    text = config.get(key)
    try:
        value = default if text is None else kind(text)
    except ValueError:
        value = None
    if value is None or not least <= value <= most:
        word = "a whole number" if kind is int else "a number"
        raise SettingError(f"{key} is {text!r}: write {word} from {least} to {most}.")
    return value


def retention(config: Source) -> int:
    """The days that logs are kept."""
    days = number(config, "log_retention_days", 30, 1, LOG_RETENTION_DAYS[-1])
    if days not in LOG_RETENTION_DAYS:
        raise SettingError(f"log_retention_days is {days}: CloudWatch knows {', '.join(map(str, LOG_RETENTION_DAYS))}.")
    return days


def flag(config: Source, key: str) -> bool:
    """The truth of `key`, which must be said."""
    value = config.get(key)
    if value not in ("true", "false"):
        raise SettingError(f"{key} is {value!r}: write true or false.")
    return value == "true"


def structure(config: Source, key: str, kind: type[_T], default: _T, form: str) -> _T:
    """The list or map of `key`, of which `form` says what it must be."""
    text = config.get(key)
    try:
        value = default if text is None else json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, kind):
        raise SettingError(f"{key} is {text!r}: write {form}.")
    return value


def between(least: _N, most: _N, default: _N) -> Any:
    """A number of a dataclass that `numbers` reads: it may be left out, and else is from `least` to `most`."""
    return field(default=default, metadata={"least": least, "most": most})


def numbers(config: Source, key: str, kind: type[_T]) -> _T:
    """The map of `key` as the dataclass `kind`, all of whose fields are made by `between`."""
    known = {one.name: one for one in fields(kind)}  # pyright: ignore[reportArgumentType]
    given: dict[str, Any] = structure(config, key, dict, {}, f"a map with any of {', '.join(known)}")
    for name, value in given.items():
        if name not in known:
            raise SettingError(f"{key} has {name!r}: write any of {', '.join(known)}.")
        least, most = known[name].metadata["least"], known[name].metadata["most"]
        # JSON's whole numbers are good fractions too; true and false are not numbers.
        if type(value) not in (int, type(least)) or not least <= value <= most:
            word = "a whole number" if type(least) is int else "a number"
            raise SettingError(f"{key}.{name} is {value!r}: write {word} from {least} to {most}.")
    return kind(**given)
