"""Reading and checking of a stack's settings. A bad value stops the program with a message that contains the remedy."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING
from pathlib import Path
from typing import Any, Final, Literal, Protocol, get_args

from pulumi import RunError
from pydantic import ValidationError

from .schema import Declared, Members, Rule, Schema, declared, words
from .setting_places import place_in_program, setting_place

# fmt: off
Retention = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545,
    731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]
# fmt: on
"""The retention periods that CloudWatch Logs accepts, in days."""

LOG_RETENTION_DAYS: Final[tuple[int, ...]] = get_args(Retention)
"""The retention periods as numbers."""

_FROM_TEXT: Final[Mapping[type, Callable[[str], Any]]] = {
    int: int,
    float: float,
    bool: {"true": True, "false": False}.__getitem__,
}
"""The readers of texts. The text of another type is its value."""


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
        return str(self) if self._placed else f"{setting_place(file, project, self.setting)}: {self}"


class SettingSource(Protocol):
    """A source of settings: `pulumi.Config`, or a dict of strings in tests."""

    def get(self, key: str, /) -> str | None:
        """Return the value of `key` as text (JSON for lists and maps), or None."""
        ...


def only_if(condition: str, holds: Callable[[Any], bool], *, needed: bool = False) -> Rule:
    """Return the rule that a setting is set only under a condition, which always needs it if `needed` is true."""

    def rule(config: SettingSource, setting: Declared, text: str | None) -> None:
        if text is not None and not holds(config):
            raise SettingError(setting.name, f"is set, yet only {condition} uses it: choose {condition}, or remove it.")
        if needed and text is None and holds(config):
            raise SettingError(setting.name, f"is None, yet {condition} needs it: write {words(setting.schema)}.")

    return rule


def read_all(kind: Any, config: SettingSource, *names: str) -> dict[str, Any]:
    """Return the values of a class's settings, or of those with the given names. Raises SettingError for a bad value.

    Validators get the source as their context.
    """
    return {each.name: _read(each, config) for each in declared(kind) if not names or each.name in names}


def _read(setting: Declared, config: SettingSource) -> Any:
    text = config.get(setting.name)
    if setting.rule:
        setting.rule(config, setting, text)
    if text is None and setting.default is not MISSING:
        return setting.default
    try:
        if text is not None and issubclass(setting.base, (tuple, Mapping, Members)):
            return setting.adapter.validate_json(text, context=config)
        return setting.adapter.validate_python(_value(setting.base, text), strict=True, context=config)
    except ValidationError as error:
        raise _setting_error(setting, text, error.errors(include_url=False)[0]) from None


def _value(base: type, text: str | None) -> Any:
    """Return the value of a text, or the text if it is none of its type."""
    try:
        return text if text is None else _FROM_TEXT.get(base, str)(text)
    except (KeyError, ValueError):
        return text


def _setting_error(setting: Declared, text: str | None, fault: Mapping[str, Any]) -> SettingError:
    """Return the error of a fault from pydantic, with the remedy of the validator or of the JSON Schema."""
    error, loc = fault.get("ctx", {}).get("error"), [*fault["loc"]]
    if isinstance(error, ValueError):
        member = getattr(error, "member", "")
        return SettingError(_path(setting.name, text, [*loc, member] if member else loc), f"{error}.")
    verb, value = "has" if loc and isinstance(loc[-1], int) else "is", fault["input"] if loc else text
    if fault["type"] in ("missing", "unexpected_keyword_argument"):
        verb, value = "lacks" if fault["type"] == "missing" else "has", loc.pop()
    elif loc[-1:] == ["[key]"]:
        verb, value = "has the name", loc[-2]
        del loc[-2:]
    remedy = fault["msg"] if fault["type"] == "form" else words(_inner(setting.schema, loc))
    return SettingError(_path(setting.name, text, loc), f"{verb} {value!r}: write {remedy}.")


def _inner(schema: Schema, loc: Sequence[Any]) -> Schema:
    """Return the JSON Schema of a value within a setting."""
    for step in loc:
        known = {**schema.get("properties", {}), "items": schema.get("items")}
        schema = known.get(step if isinstance(step, str) else "items") or schema["additionalProperties"]
    return schema


def _path(name: str, text: str | None, loc: Sequence[Any]) -> str:
    """Return the path of a value within a setting. A map in a list has its name there, and other values have none."""
    if loc and isinstance(loc[0], int):
        own = json.loads(text or "")[loc[0]]["name"] if loc[1:] not in ([], ["name"]) else None
        loc = [own, *loc[1:]] if isinstance(own, str) else []
    return ".".join([name, *(step for step in loc if isinstance(step, str))])
