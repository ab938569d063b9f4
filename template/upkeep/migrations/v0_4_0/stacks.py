"""The settings in the files of all stacks, with their places in the text."""

from __future__ import annotations

from pathlib import Path

import yaml

from ..run import refused

STACKS = "infra/service/Pulumi.*.yaml"


def document(repository: Path, path: Path, content: str) -> yaml.Node | None:
    """Parse a stack's file. Raises CannotTell if it is not YAML."""
    try:
        return yaml.compose(content, yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise refused(repository, path, " ".join(str(error).split())) from None


def members(node: yaml.Node | None) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    """Return the keys and values of a map; none of another node."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return [(key, value) for key, value in pairs if isinstance(key, yaml.ScalarNode)]
