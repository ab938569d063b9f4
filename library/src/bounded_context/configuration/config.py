"""Reading and checking of a stack's settings. A bad value stops the program with a message that contains the remedy."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import field, fields
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pulumi import RunError

from .schema import Schema, mapping, members, schema_is, text, whole
from .setting_places import place, place_in_program

LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545),
    *(731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""The retention periods that CloudWatch Logs accepts."""

_T = TypeVar("_T")
_N = TypeVar("_N", int, float)
_NUMBERS: Mapping[type, str] = {int: "integer", float: "number"}


class SettingError(RunError):
    """A missing or bad setting of a stack. Pulumi prints it without a traceback.

    Attributes:
        setting: the name of the setting, with the member of a map after a dot, such as `objectives.import_percent`.
    """

    def __init__(self, setting: str, problem: str) -> None:
        """Create the message `<setting> <problem>`, after the file and the line in a running program."""
        self.setting, self._placed = setting, place_in_program(setting)
        super().__init__(f"{self._placed}: {setting} {problem}" if self._placed else f"{setting} {problem}")

    def at(self, file: Path, project: str) -> str:
        """Return the message with the place of the setting in a stack's file; `project` is the settings' prefix."""
        return str(self) if self._placed else f"{place(file, project, self.setting)}: {self}"


class Source(Protocol):
    """A source of settings: `pulumi.Config`, or a dict of strings in tests."""

    def get(self, key: str, /) -> str | None:
        """Return the value of `key` as text (JSON for lists and maps), or None."""
        ...


@schema_is(lambda allowed, _=None: {"enum": [*allowed]})
def one_of(config: Source, key: str, allowed: tuple[Any, ...], default: str | None = None) -> Any:
    """Return the text of `key`, which must be in `allowed`; required without a default."""
    text = config.get(key)
    value = default if text is None else text
    if value not in allowed:
        raise SettingError(key, f"is {value!r}: write one of {', '.join(allowed)}.")
    return value


@schema_is(lambda pattern, _, words: text(pattern, words))
def matching(config: Source, key: str, form: re.Pattern[str], default: str | None, words: str) -> str:
    """Return the text of `key`, which must match `form`, described by `words`; required without a default."""
    value = config.get(key)
    if value is None and default is not None:
        return default
    if value is None or not form.fullmatch(value):
        raise SettingError(key, f"is {value!r}: write {words}.")
    return value


@schema_is(text)
def optional(config: Source, key: str, form: re.Pattern[str], words: str) -> str | None:
    """Return the text of `key`, which must match `form`, described by `words`, or None without the setting."""
    return matching(config, key, form, "", words) or None


@schema_is(lambda default, least, most: {**whole(least, most), "type": _NUMBERS[type(default)]})
def number(config: Source, key: str, default: _N, least: int, most: int) -> _N:
    """Return the number of `key`, from `least` to `most`, with the type of the default."""
    kind = type(default)
    text = config.get(key)
    try:
        value = default if text is None else kind(text)
    except ValueError:
        value = None
    if value is None or not least <= value <= most:
        word = "a whole number" if kind is int else "a number"
        raise SettingError(key, f"is {text!r}: write {word} from {least} to {most}.")
    return value


@schema_is(whole)
def optional_number(config: Source, key: str, least: int, most: int) -> int | None:
    """Return the whole number of `key`, from `least` to `most`, or None without the setting."""
    return None if config.get(key) is None else number(config, key, least, least, most)


@schema_is(lambda: {"enum": [*LOG_RETENTION_DAYS]})
def retention(config: Source, key: str = "log_retention_days") -> int:
    """Return the days for which logs are stored."""
    days = number(config, key, 30, 1, LOG_RETENTION_DAYS[-1])
    if days not in LOG_RETENTION_DAYS:
        raise SettingError(key, f"is {days}: write one of {', '.join(map(str, LOG_RETENTION_DAYS))}.")
    return days


@schema_is(lambda **_: {"type": "boolean"})
def flag(config: Source, key: str, default: bool | None = None) -> bool:
    """Return the boolean value of `key`; required without a default."""
    value = config.get(key)
    if value is None and default is not None:
        return default
    if value not in ("true", "false"):
        raise SettingError(key, f"is {value!r}: write true or false.")
    return value == "true"


def structure(config: Source, key: str, kind: type[_T], default: _T, form: str) -> _T:
    """Return the list or map of `key`; `form` describes it in the error message."""
    text = config.get(key)
    try:
        value = default if text is None else json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, kind):
        raise SettingError(key, f"is {text!r}: write {form}.")
    return value


def texts(
    config: Source, key: str, form: re.Pattern[str], words: str, *, kind: str, default: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return the list of `key`, whose texts match `form`; `kind` describes the list, and `words` a text."""
    values: list[Any] = structure(config, key, list, list(default), kind)
    for value in values:
        if not isinstance(value, str) or not form.fullmatch(value):
            raise SettingError(key, f"has {value!r}: write {words}.")
    return tuple(values)


@schema_is(lambda unit, most: {**mapping(whole(1, most)), "title": f"a map of functions to {unit}"})
def limits(config: Source, key: str, unit: str, most: int) -> Mapping[str, int]:
    """Return the map of functions to whole numbers of a `unit`, from 1 to `most`."""
    values: dict[str, Any] = structure(config, key, dict, {}, f"a map of functions to {unit}")
    for function, value in values.items():
        if type(value) is not int or not 1 <= value <= most:
            raise SettingError(f"{key}.{function}", f"is {value!r}: write {unit} from 1 to {most}.")
    return values


def between(effect: str, least: _N, most: _N, default: _N) -> Any:
    """Return a dataclass field for `numbers`: a number from `least` to `most`, by default `default`."""
    schema = {**whole(least, most), "type": _NUMBERS[type(default)], "default": default, "description": effect}
    return field(default=default, metadata={"least": least, "most": most, "schema": schema})


def _numbers(kind: Any) -> Schema:
    return members({member.name: member.metadata["schema"] for member in fields(kind)})


@schema_is(_numbers)
def numbers(config: Source, key: str, kind: type[_T]) -> _T:
    """Return the map of `key` as the dataclass `kind`, whose fields all come from `between`."""
    known = {setting.name: setting for setting in fields(kind)}  # pyrefly: ignore[bad-argument-type] (a dataclass)
    given: dict[str, Any] = structure(config, key, dict, {}, f"a map with any of {', '.join(known)}")
    for name, value in given.items():
        if name not in known:
            raise SettingError(key, f"has {name!r}: write any of {', '.join(known)}.")
        least, most = known[name].metadata["least"], known[name].metadata["most"]
        # A whole number in JSON is a valid float. `type` is exact, because a bool is an int too.
        if type(value) not in (int, type(least)) or not least <= value <= most:
            word = "a whole number" if type(least) is int else "a number"
            raise SettingError(f"{key}.{name}", f"is {value!r}: write {word} from {least} to {most}.")
    return kind(**given)
