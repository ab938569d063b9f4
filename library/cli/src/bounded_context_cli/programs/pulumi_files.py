"""The files of a Pulumi program: its name, its stacks, their settings, and settings that it does not read."""

import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import yaml

_SAFE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader in C, ten times as fast, if PyYAML has it."""

_MEMBERS: Final = frozenset({"config", "secretsprovider", "encryptedkey", "encryptionsalt", "environment"})
"""The members of a stack's file (pulumi/pulumi, sdk/go/common/workspace/project.go, ProjectStack)."""


class _Loader(_SAFE):
    """A loader that refuses a key twice in a map, as Pulumi does."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        keys = [key for key, _ in node.value]
        for number, key in enumerate(keys):
            if any(other.value == key.value for other in keys[:number]):
                raise yaml.constructor.ConstructorError(None, None, f"{key.value} is there twice", key.start_mark)
        return super().construct_mapping(node, deep)


LOCAL: Final = "local"
"""The stack of the local run."""

_ENDPOINTS: Final = "aws:endpoints"
"""The config key of a further stack on an emulator."""

PIPELINE: Final = "main"
"""The only stack of the delivery pipeline. Its settings name every environment."""


def project_name(program: Path) -> str:
    """Return the name of the project in the folder `program`, which is also the prefix of its settings."""
    return _read(program / "Pulumi.yaml")["name"]


def stacks(program: Path) -> list[str]:
    """Return the names of the stacks that have a file, sorted."""
    return sorted(path.name.split(".")[1] for path in program.glob("Pulumi.*.yaml"))


def stacks_on_aws(program: Path) -> list[str]:
    """Return the names of the stacks that are deployed to an AWS account, sorted.

    Raises the exceptions of `config`.
    """
    return [stack for stack in stacks(program) if stack != LOCAL and _ENDPOINTS not in config(program, stack)]


def stack_file(program: Path, stack: str) -> Path:
    """Return the path of a stack's settings."""
    return program / f"Pulumi.{stack}.yaml"


def config(program: Path, stack: str) -> dict[str, Any]:
    """Return the config of a stack's file, by full names such as `payment:sftp`.

    As Pulumi does, it reads a name without a namespace as a setting of the project.

    Raises:
        OSError: the file does not exist.
        yaml.YAMLError: the file is not YAML, or has a key twice.
        ValueError: the file has an unknown member.
    """
    file = _read(stack_file(program, stack))
    for unknown in sorted(file.keys() - _MEMBERS):
        raise ValueError(f"{unknown} is no member of a stack's file: write {nearest(unknown, _MEMBERS) or 'config'}")
    entries = file.get("config") or {}
    return {key if ":" in key else f"{project_name(program)}:{key}": value for key, value in entries.items()}


def settings(program: Path, stack: str) -> dict[str, Any]:
    """Return the project's own settings in a stack's file, without the project's name as prefix.

    Raises the exceptions of `config`.
    """
    start = f"{project_name(program)}:"
    return {key.removeprefix(start): value for key, value in config(program, stack).items() if key.startswith(start)}


def secrets_provider(program: Path, stack: str) -> str | None:
    """Return the secrets provider in a stack's file, which `pulumi stack init` writes, or None."""
    file = stack_file(program, stack)
    return _read(file).get("secretsprovider") if file.exists() else None


def as_text(value: object) -> str:
    """Return a setting as Pulumi passes it to a program: text unchanged, any other value as JSON, a date as text."""
    return value if isinstance(value, str) else json.dumps(value, default=str)


def require_names(value: Any, setting: str) -> None:
    """Raise SettingError if a map in a setting has a name that is no text in YAML, such as `No`, `1.50` or `~`.

    Readers of YAML 1.1 and 1.2, such as Pulumi's, turn it into different texts.
    """
    # The help of commands needs no Pulumi.
    from bounded_context_infra.configuration.config import SettingError

    for name, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        if isinstance(value, dict) and not isinstance(name, str):
            raise SettingError(setting, f"has a name without quotes that YAML reads as {name!r}: write it in quotes.")
        require_names(inner, f"{setting}.{name}" if isinstance(value, dict) else setting)


def _read(file: Path) -> dict[str, Any]:
    return yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader) or {}  # noqa: S506 (a safe loader)


_ALIKE: Final = 0.55
"""The minimum similarity (difflib's ratio) of a name that is proposed in place of an unknown name."""
MISSPELT: Final = 0.85
"""The minimum similarity of two names of which one is probably misspelt."""


def nearest(name: str, names: Iterable[str], least: float = _ALIKE) -> str:
    """Return the most similar of the names, or an empty text if none has at least this similarity."""
    return next(iter(get_close_matches(name, names, 1, least)), "")


class SettingsRead(dict[str, str]):
    """A stack's config in Pulumi's format that records the keys that a program reads."""

    def __init__(self, config: Mapping[str, str]) -> None:
        super().__init__(config)
        self._read: set[str] = set()

    def __contains__(self, key: object) -> bool:
        self._read.add(str(key))
        return super().__contains__(key)

    def unread(self, project: str) -> dict[str, str]:
        """Return a project's settings that were not read, each with the most similar setting that was read."""
        prefix = f"{project}:"
        read = [key.removeprefix(prefix) for key in sorted(self._read)]
        unread = [key.removeprefix(prefix) for key in sorted(self) if key.startswith(prefix) and key not in self._read]
        return {name: nearest(name, read) for name in unread}
