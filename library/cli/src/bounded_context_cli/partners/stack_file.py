"""The partners in a stack's file: read, checked as the program checks them, and written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bounded_context_infra.configuration.config import SettingError
from bounded_context_infra.configuration.partners import Partner
from bounded_context_infra.configuration.project import Project
from bounded_context_infra.configuration.settings import Settings

from ..command.aws_errors import Refused
from ..command.output import replace_file
from ..programs.pulumi_files import as_text, stack_file, stacks
from .edits import Edited


@dataclass(frozen=True)
class StackFile:
    """The file of a stack."""

    project: Project
    stack: str

    @property
    def path(self) -> Path:
        """The path of the file."""
        return stack_file(self.project.service, self.stack)

    def edited(self) -> Edited:
        """Return the text of the file. Raises Refused if it cannot be read."""
        if self.stack not in (known := stacks(self.project.service)):
            raise Refused(f"There is no stack {self.stack}: write one of {', '.join(known)}.")
        try:
            text = self.path.read_bytes().decode()
            found = Edited(text, f"{self.project.context.name}:partners")
            found.partners  # noqa: B018 (reads the file)
        except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
            where = " ".join(str(error).split())
            raise Refused(f"{self.path} is not a stack's file ({where}): correct it.") from error
        return found

    def settings(self, text: str | None = None) -> Settings:
        """Return the settings of the file, or of its new text. Raises Refused with the file and the setting."""
        start = f"{self.project.context.name}:"
        config: Mapping[str, Any] = yaml.safe_load(text or self.edited().text)["config"]
        own = {key.removeprefix(start): as_text(value) for key, value in config.items() if key.startswith(start)}
        try:
            return Settings.from_config(self.project.context, own)
        except SettingError as error:
            raise Refused(error.at(self.path, self.project.context.name)) from error

    def partner(self, name: str) -> Partner:
        """Return a partner. Raises Refused if there is none of this name."""
        found = self.settings().partners
        if name not in found:
            raise Refused(f"{self.path} has no partner {name}: write one of {', '.join(found) or '(none)'}.")
        return found[name]

    def change(self, edit: Callable[[Edited], Edited], wanted: Mapping[str, Any]) -> Settings:
        """Edit the file, and return its new settings. Raises Refused before the file is changed.

        `wanted` are the partners after the edit.
        """
        new = edit(self.edited()).text
        if _content(new) != {**_content(self.edited().text), f"{self.project.context.name}:partners": dict(wanted)}:
            raise Refused(f"{self.path} has partners in a form that the command cannot edit: edit the file by hand.")
        settings = self.settings(new)
        replace_file(self.path, new)
        return settings


def _content(text: str) -> dict[str, Any]:
    try:
        return yaml.safe_load(text)["config"]
    except (yaml.YAMLError, TypeError):
        return {}
