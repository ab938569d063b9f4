"""Which settings of its stack a program reads."""

from collections.abc import Mapping
from difflib import get_close_matches

_ALIKE = 0.75
"""Of 1: a letter too many or too few in a name of six, or two that changed places (difflib's ratio)."""


class SettingsRead(dict[str, str]):
    """A stack's config as Pulumi keeps it, which remembers what it was asked for."""

    def __init__(self, config: Mapping[str, str]) -> None:
        super().__init__(config)
        self._asked: set[str] = set()

    def __contains__(self, key: object) -> bool:
        self._asked.add(str(key))
        return super().__contains__(key)

    def unread(self, project: str) -> dict[str, str]:
        """Return a project's settings that nobody asked for, each with the one most like it that somebody did."""
        prefix = f"{project}:"
        asked = [key.removeprefix(prefix) for key in sorted(self._asked)]
        ours = [key.removeprefix(prefix) for key in sorted(self) if key.startswith(prefix) and key not in self._asked]
        return {name: next(iter(get_close_matches(name, asked, 1, _ALIKE)), "") for name in ours}
