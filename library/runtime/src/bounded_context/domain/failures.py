"""The cause of a failed list, for the operators of the context."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self


@dataclass(frozen=True)
class Failure:
    """The cause of a failed list. On AWS, its texts quote no value of a row.

    ``step`` is the function, and ``part`` the number of the part that it wrote. ``error`` is the type of the exception,
    or the name of Step Functions' error if the call raised none. ``frame`` is the innermost line of the team's code, as
    a path in ``src/``. ``log`` is the link to the call's log.
    """

    step: str
    part: int | None = None
    error: str = ""
    message: str = ""
    frame: str = ""
    log: str = ""

    def facts(self) -> dict[str, Any]:
        """Return the known fields by name, for the list's record."""
        return {name: value for name, value in vars(self).items() if value not in (None, "")}

    @classmethod
    def of(cls, facts: Mapping[str, Any] | None) -> Self | None:
        """Return the failure of the given facts, or None without facts. Unknown facts are ignored."""
        if not facts:
            return None
        members = {field.name: facts[field.name] for field in fields(cls) if field.name in facts}
        part = members.get("part")
        values: dict[str, Any] = {"step": "", **members, "part": None if part is None else int(part)}
        return cls(**values)

    @property
    def text(self) -> str:
        """The cause in one line, such as ``import_list, part 3: KeyError: 'x', at src/a/b.py:7 in rule; log: ...``."""
        where = self.step if self.part is None else f"{self.step}, part {self.part}"
        description = ": ".join(filter(None, (where, self.error, self.message)))
        return description + (f", at {self.frame}" if self.frame else "") + (f"; log: {self.log}" if self.log else "")
