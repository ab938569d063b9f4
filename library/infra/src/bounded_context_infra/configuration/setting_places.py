"""The place of a setting: the stack's file, and the line in it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pulumi
import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode


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
    line = _line(root, setting if ":" in setting else f"{project}:{setting}")
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
