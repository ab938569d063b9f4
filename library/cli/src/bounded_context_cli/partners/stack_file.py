"""The partners in a stack's file: read, checked as the program checks them, and written."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

import yaml
from yaml.nodes import CollectionNode, MappingNode, Node, SequenceNode

from bounded_context_infra.configuration.config import SettingError
from bounded_context_infra.configuration.list_settings import Partner
from bounded_context_infra.configuration.project import Project
from bounded_context_infra.configuration.settings import Settings

from ..command.aws_errors import Refusal
from ..command.output import replace_file
from ..programs.pulumi_files import as_text, require_names, stack_file, stacks

Entry = Mapping[str, Any]
"""A partner's members."""

_STEP: Final = "  "


@dataclass(frozen=True)
class Edited:
    """The text of a stack's file. `setting` is the full name of the partners, such as `payment:partners`.

    A method returns the text after its edit. The caller compares its content with the intended content.
    """

    text: str
    setting: str

    @property
    def partners(self) -> dict[str, Any]:
        """The partners by name."""
        return yaml.safe_load(self.text)["config"].get(self.setting) or {}

    def added(self, name: str, entry: Entry) -> Self:
        """Return the text with a new partner after the others."""
        if not self.partners or self._map.flow_style:
            return self._written({**self.partners, name: entry})
        place = _line_end(self.text, _end(self._map))
        return self._spliced([(place, place, f"\n{_block({name: entry}, self._indent)}")])

    def removed(self, name: str) -> Self:
        """Return the text without a partner."""
        others = {other: entry for other, entry in self.partners.items() if other != name}
        if not others or self._map.flow_style:
            return self._written(others)
        key, value = _member(self._map, name)
        return self._spliced([self._lines(key, value)])

    def rotated(self, name: str, keys: Sequence[Any]) -> Self:
        """Return the text with a partner's keys: None for each key to remove, and further keys after those of the file.

        A key that stays equal keeps its line, and a changed key the comment behind it.
        """
        old = self.partners[name]["public_keys"]
        nodes = _member(_member(self._map, name)[1], "public_keys")[1]
        if nodes.flow_style:
            remaining_keys = [key for key in keys if key is not None]
            return self._spliced([(nodes.start_mark.index, _end(nodes), _flow(remaining_keys))])
        edits = [
            self._lines(node, node) if new is None else (node.start_mark.index, _end(node), _flow(new))
            for node, before, new in zip(nodes.value, old, keys, strict=False)
            if new != before
        ]
        place = _line_end(self.text, _end(nodes))
        more = "".join(f"\n{' ' * nodes.start_mark.column}- {_flow(key)}" for key in keys[len(nodes.value) :])
        return self._spliced([*edits, (place, place, more)])

    @cached_property
    def _config(self) -> MappingNode:
        return _member(yaml.compose(self.text, Loader=yaml.SafeLoader), "config")[1]

    @property
    def _map(self) -> MappingNode:
        return _member(self._config, self.setting)[1]

    @property
    def _indent(self) -> str:
        return " " * self._map.value[0][0].start_mark.column

    def _written(self, partners: Mapping[str, Entry]) -> Self:
        """Return the text with all partners written anew."""
        key, value = _member(self._config, self.setting)
        indent = " " * self._config.start_mark.column
        block = f"\n{_block(partners, indent + _STEP)}" if partners else ""
        if key is None:
            # At the beginning of the config: its end may be followed by comments on other parts of the file.
            place = self._config.start_mark.index
            return self._spliced([(place, place, f"{self.setting}:{block}\n{indent}")])
        start = key.end_mark.index + 1
        if isinstance(value, CollectionNode) and not value.flow_style:
            tail, end = self.text[start : _line_end(self.text, start)], _line_end(self.text, _end(value))
        else:
            last = _end(value) if isinstance(value, CollectionNode) or value.value else start
            end = _line_end(self.text, last)
            tail = self.text[last:end]
        return self._spliced([(start, end, f"{tail}{block}" if partners else f" {{}}{tail}")])

    def _lines(self, first: Node, last: Node) -> tuple[int, int, str]:
        """Return the removal of the lines of two nodes, and of the lines between them."""
        start = self.text.rfind("\n", 0, first.start_mark.index) + 1
        return start, min(_line_end(self.text, _end(last)) + 1, len(self.text)), ""

    def _spliced(self, edits: Sequence[tuple[int, int, str]]) -> Self:
        text = self.text
        for start, end, new in sorted(edits, reverse=True):
            text = text[:start] + new + text[end:]
        return type(self)(text, self.setting)


def _member(node: Any, name: str) -> tuple[Any, Any]:
    """Return the nodes of a member's key and value, or two times None."""
    members = ((key, value) for key, value in node.value if key.value == name)
    return next(members, (None, None))


def _end(node: Node) -> int:
    """Return the end of a node. A block's own end is behind the comments that follow it."""
    if isinstance(node, CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last if isinstance(node, SequenceNode) else last[1])
    return node.end_mark.index


def _line_end(text: str, index: int) -> int:
    end = text.find("\n", index)
    return len(text) if end < 0 else end


def _block(partners: Mapping[str, Entry], indent: str) -> str:
    return "\n".join(f"{indent}{line}" for name, entry in partners.items() for line in _lines(name, entry))


def _lines(name: str, entry: Entry) -> list[str]:
    lines = [f"{name if yaml.safe_load(name) == name else json.dumps(name)}:"]
    for member, value in entry.items():
        if isinstance(value, list) and value:
            lines += [f"{_STEP}{member}:", *(f"{_STEP * 2}- {_flow(item)}" for item in value)]
        else:
            lines.append(f"{_STEP}{member}: {_flow(value)}")
    return lines


def _flow(value: Any) -> str:
    """Return a value on one line: JSON is YAML. A date needs quotes, since YAML has dates."""
    return json.dumps(value, ensure_ascii=False, default=str)


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
        """Return the text of the file. Raises Refusal if it cannot be read."""
        if self.stack not in (known := stacks(self.project.service)):
            raise Refusal(f"There is no stack {self.stack}: write one of {', '.join(known)}.")
        try:
            text = self.path.read_bytes().decode()
            edited_text = Edited(text, f"{self.project.context.name}:partners")
            edited_text.partners  # noqa: B018 (reads the file)
        except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
            where = " ".join(str(error).split())
            raise Refusal(f"{self.path} is not a stack's file ({where}): correct it.") from error
        return edited_text

    def settings(self, text: str | None = None) -> Settings:
        """Return the settings of the file, or of its new text. Raises Refusal with the file and the setting."""
        start = f"{self.project.context.name}:"
        config: Mapping[str, Any] = yaml.safe_load(text or self.edited().text)["config"]
        try:
            require_names(config.get(f"{start}partners"), "partners")
            own = {key.removeprefix(start): as_text(value) for key, value in config.items() if key.startswith(start)}
            return Settings.from_config(self.project.context, own)
        except SettingError as error:
            raise Refusal(error.at(self.path, self.project.context.name)) from error

    def partner(self, name: str) -> Partner:
        """Return a partner. Raises Refusal if there is none of this name."""
        partners = self.settings().partners
        if name not in partners:
            raise Refusal(f"{self.path} has no partner {name}: write one of {', '.join(partners) or '(none)'}.")
        return partners[name]

    def change(self, edit: Callable[[Edited], Edited], partners: Mapping[str, Any]) -> Settings:
        """Edit the file, and return its new settings. Raises Refusal before the file is changed.

        `partners` are the partners after the edit.
        """
        new = edit(self.edited()).text
        if _content(new) != {**_content(self.edited().text), f"{self.project.context.name}:partners": dict(partners)}:
            raise Refusal(f"{self.path} has partners in a form that the command cannot edit: edit the file by hand.")
        settings = self.settings(new)
        replace_file(self.path, new)
        return settings


def _content(text: str) -> dict[str, Any]:
    try:
        return yaml.safe_load(text)["config"]
    except (yaml.YAMLError, TypeError):
        return {}
