"""Detection of settings that a program does not read."""

from collections.abc import Mapping
from difflib import get_close_matches

_ALIKE = 0.75
"""The minimum similarity (difflib's ratio): in a name of six letters, one is extra or missing, or two are swapped."""


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
        return {name: next(iter(get_close_matches(name, read, 1, _ALIKE)), "") for name in unread}
