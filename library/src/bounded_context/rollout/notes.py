"""What a deployment's description says of its release, so that AWS itself remembers which parts belong together."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Self

LIMIT = 256
"""Characters that a description may have (Step Functions' limit for an alias; CodeDeploy refuses long ones too)."""

_FORM = re.compile(r"(back from )?release (\w+): (\S+) (\S+) (\S+) -> ([^\s;]+)(?:; alarms ignored: (.*))?", re.DOTALL)


@dataclass(frozen=True)
class Note:
    """One part of one release, `before` and `target` being its versions; `back` undoes what the release did."""

    release_id: str
    stack: str
    name: str
    before: str
    target: str
    back: bool = False
    ignored_alarms: str = ""

    @classmethod
    def parse(cls, description: str) -> Self | None:
        """Read a description, None if it is not one of these."""
        form = _FORM.fullmatch(description)
        if form is None:
            return None
        back, release_id, stack, name, before, target, reason = form.groups()
        return cls(release_id, stack, name, before, target, bool(back), reason or "")

    def __str__(self) -> str:
        """The description."""
        text = f"release {self.release_id}: {self.stack} {self.name} {self.before} -> {self.target}"
        reason = f"; alarms ignored: {self.ignored_alarms}" if self.ignored_alarms else ""
        return f"{'back from ' if self.back else ''}{text}{reason}"[:LIMIT]


def release_id(now: datetime) -> str:
    """The id of a release that starts now. Ids sort by time."""
    return now.strftime("%Y%m%dT%H%M%SZ")
