"""The setting `tolerated_share`, whose default is 0 since 0.4.0: existing stacks keep 5 % of bad rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from ..files import text, write
from .stacks import STACKS, document, members

SETTING, BEFORE = ":tolerated_share", "0.05 # the default before 0.4.0; 0 imports all of a list or none"


def apply(repository: Path, _template: Path) -> Iterator[str]:
    """Write the old default as the first setting of each stack that does not set it."""
    for path in sorted(repository.glob(STACKS)):
        content = text(path) or ""
        for key, config in members(document(repository, path, content)):
            keys = [setting.value for setting, _ in members(config)]
            package = next((name.partition(":")[0] for name in keys if name.endswith(":rollout_strategy")), None)
            if key.value != "config" or package is None or f"{package}{SETTING}" in keys:
                continue
            if not isinstance(config, yaml.MappingNode) or config.flow_style:
                yield f"infra/service/{path.name}: write {package}{SETTING}: 0.05 to keep the old default."
                continue
            end = content.index("\n", key.end_mark.index) + 1
            line = f"{' ' * config.start_mark.column}{package}{SETTING}: {BEFORE}\n"
            write(path, content[:end] + line + content[end:])
