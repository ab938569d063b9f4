"""Reading and checking of a stack's settings, their places in its file, and the partition of its region.

A bad value stops the program with a message that contains the remedy. Partitions of AWS are separate clouds, whose ARNs
and addresses differ. A region is in one partition.
"""

import functools
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal, Protocol, get_args

import pulumi
import yaml
from pulumi import RunError
from pydantic import ValidationError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from .schema import Declared, Members, Rule, Schema, declared, words


def shown(file: Path) -> str:
    """Return the path of a stack's file from the repository's root, such as `infra/service/Pulumi.dev.yaml`."""
    return "/".join(file.parts[-3:])


def setting_place(file: Path, project: str, setting: str) -> str:
    """Return the place of a setting, such as `infra/service/Pulumi.dev.yaml:7`.

    The line is that of the innermost member that the file has. Without the setting, the place is the file.
    """
    try:
        root = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, ValueError, yaml.YAMLError):
        return shown(file)
    # Pulumi reads a name without a namespace as a setting of the project.
    line = _line(root, setting if ":" in setting else f"{project}:{setting}") or _line(root, setting)
    return f"{shown(file)}:{line}" if line else shown(file)


def place_in_program(setting: str) -> str:
    """Return the place of a setting of the running Pulumi program, or an empty text outside of a program."""
    main = Path(getattr(sys.modules["__main__"], "__file__", None) or "")
    if not (main.parent / "Pulumi.yaml").is_file():
        return ""
    file = main.parent / f"Pulumi.{pulumi.get_stack()}.yaml"
    return setting_place(file.resolve(), pulumi.get_project(), setting)


def _line(root: Node, setting: str) -> int | None:
    """Return the line of the innermost known member of a path such as `partners.acme.public_keys`."""
    node, line = root, None
    for name in ("config", *setting.split(".")):
        key, node = next(_members(node, name), (None, node))
        if key is None:
            break
        line = None if name == "config" else key.start_mark.line + 1
    return line


def _members(node: Node, name: str) -> Iterator[tuple[Node, Node]]:
    """Yield the key and the value of a map's member, or of a list's map whose `name` this is."""
    if isinstance(node, MappingNode):
        yield from ((key, value) for key, value in node.value if key.value == name)
    elif isinstance(node, SequenceNode):
        for item in node.value:
            named = (value for key, value in _members(item, "name"))
            yield from ((item, item) for value in named if isinstance(value, ScalarNode) and value.value == name)


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
    schema = _inner(setting.schema, loc)
    near = get_close_matches(str(value), schema.get("properties", ()), 1) if verb == "has" else []
    remedy = fault["msg"] if fault["type"] == "form" else next(iter(near), "") or words(schema)
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


GLOBAL_DOMAIN: Final = "amazonaws.com"
"""The domain of service principals in all partitions (aws-cdk, region-info/lib/default.ts)."""

ARN: Final = "arn:aws[a-z-]*:"
"""The pattern of an ARN's first two parts."""

_NAMED = re.compile("arn:(aws[a-z-]*):")
_CONSOLES: Final = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-eusc": "console.amazonaws-eusc.eu",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
"""The consoles of the supported partitions, which botocore does not know (the AWS user guides of each partition)."""

_NEW: Final = re.compile(r".*-(?:central|north|south|(?:north|south)?(?:east|west))-\d")
"""The form of a region's name, with a direction: botocore's patterns accept any word there."""

_ONLY_IN_AWS: Final = {"malware": "guardduty"}
"""The values of settings whose feature no document of AWS names for another partition than `aws`.

Malware Protection for S3: GuardDuty user guide, "Amazon GuardDuty Regions and endpoints".
"""


@dataclass(frozen=True)
class Partition:
    """A partition: its name in ARNs, and the domain of its services' addresses."""

    name: str
    domain: str

    @property
    def console(self) -> str:
        """The domain of the console."""
        return _CONSOLES[self.name]

    def arn_of(self, rest: str) -> str:
        """Return the ARN that ends with `rest`, such as `s3:::bucket`."""
        return f"arn:{self.name}:{rest}"

    def root(self, account: str) -> str:
        """Return the principal of an account: its IAM policies decide."""
        return self.arn_of(f"iam::{account}:root")

    def names(self, service: str) -> str | list[str]:
        """Return a service's names in conditions: in a partition with another domain, AWS may send either name."""
        names = [f"{service}.{domain}" for domain in dict.fromkeys((GLOBAL_DOMAIN, self.domain))]
        return names[0] if len(names) == 1 else names


AWS: Final = Partition("aws", GLOBAL_DOMAIN)
"""The partition of most regions."""


@functools.cache
def partition_of(region: str) -> Partition:
    """Return the partition of a region, by botocore's data, or by its form if it is newer than these.

    Raises SettingError, with the nearest known region, if it is in no supported partition.
    """
    supported = [partition for partition in _known() if partition["id"] in _CONSOLES]
    for partition in supported:
        if region in partition["regions"] or (re.match(partition["regionRegex"], region) and _NEW.fullmatch(region)):
            return Partition(partition["id"], partition["outputs"]["dnsSuffix"])
    near = get_close_matches(region, [name for partition in supported for name in partition["regions"]], 1, 0.8)
    remedy = next(iter(near), f"a region of {', '.join(_CONSOLES)}, such as eu-west-1")
    raise SettingError("aws:region", f"is {region!r}: write {remedy}.")


@functools.cache
def _known() -> list[dict[str, Any]]:
    # The import of botocore's loaders takes longer than all settings.
    return json.loads(files("botocore").joinpath("data/partitions.json").read_bytes())["partitions"]


@dataclass(frozen=True)
class Placed:
    """A source of settings that rejects ARNs and features of other partitions than that of the stack's region."""

    config: SettingSource
    region: str | None

    @property
    def partition(self) -> Partition:
        """The partition of the region; without a region, the partition of most regions."""
        return partition_of(self.region) if self.region else AWS

    def get(self, key: str, /) -> str | None:
        """Return the text of `key`. Raises SettingError for an ARN or a feature of another partition."""
        text = self.config.get(key)
        if text is not None and text == _ONLY_IN_AWS.get(key) and self.partition.name != AWS.name:
            raise SettingError(
                key, f"is {text}, yet no document of AWS names it for {self.partition.name} ({self.region}): remove it."
            )
        others = {*_NAMED.findall(text or "")} - {self.partition.name} if self.region else set[str]()
        if others:
            raise SettingError(
                key, f"has an ARN of {min(others)}: write ARNs of the partition of the stack's region {self.region}."
            )
        return text
