"""The acts of a rehearsal as data: which version is released, and what must come of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..traffic import Call

Command = Literal["start", "back"]

_FAILS_FOR_REAL = """

_checked = lambda_handler


def lambda_handler(event, context):
    if event.get("payload"):
        raise RuntimeError("rehearsal: a mistake that no check knows")
    return _checked(event, context)
"""


def cannot_start(source: str) -> str:
    """The source of a version that fails as it is loaded."""
    return f'raise RuntimeError("rehearsal: this version cannot start")\n{source}'


def works(source: str) -> str:
    """The source of another version that works."""
    return f"{source}\n# Another version that works.\n"


@dataclass(frozen=True)
class Act:
    """One release. `change` makes a version's source of the deployed one; the driver's `result` and exit status follow.

    `why` is what the driver's reason must tell; `seen` whether callers meet what is released, None if that is chance.
    """

    name: str
    command: Command
    result: str
    status: int
    why: str = ""
    seen: bool | None = True
    change: Callable[[str], str] | None = None
    workflow: bool = False


ACTS = (
    Act(
        "cannot start",
        "start",
        result="rolled back",
        status=1,
        why="HOOK_EXECUTION_FAILURE",
        seen=False,
        change=cannot_start,
    ),
    Act(
        "fails for its callers",
        "start",
        result="rolled back",
        status=1,
        why="ALARM_ACTIVE",
        change=lambda source: source + _FAILS_FOR_REAL,
    ),
    Act(
        "works, workflow too",
        "start",
        result="succeeded",
        status=0,
        change=works,
        workflow=True,
    ),
    Act("the way back", "back", result="succeeded", status=0, seen=None),
)


@dataclass(frozen=True)
class Performed:
    """What came of an act.

    `calls` were made during it, `after` once it was over, `part` is the driver's report on the function, `workflow`
    that on the state machine.
    """

    act: Act
    before: str
    released: str
    status: int
    part: dict[str, Any]
    workflow: dict[str, Any]
    calls: Sequence[Call] = field(default_factory=tuple)
    after: Sequence[Call] = field(default_factory=tuple)

    @property
    def met(self) -> int:
        """How many calls met the version that was released."""
        return sum(call.version == self.released for call in self.calls)

    @property
    def failed(self) -> int:
        """How many calls ended with an error."""
        return sum(call.failed for call in self.calls)

    @property
    def live(self) -> str:
        """The version that must be live afterwards."""
        return self.released if self.act.result == "succeeded" else self.before

    def problems(self) -> list[str]:
        """One sentence for each thing that did not go as it should."""
        expected = {
            "the driver's exit status": (self.status, self.act.status),
            "the result": (self.part["result"], self.act.result),
            "the live version": (self.part["live"], self.live),
            "versions that answer afterwards": ({call.version for call in self.after}, {self.live}),
            "failed calls afterwards": (sum(call.failed for call in self.after), 0),
            "whether it was called": (self.act.seen if self.act.seen is None else self.met > 0, self.act.seen),
            "the workflow's result": (self.workflow["result"] == "succeeded", self._moves_workflow),
        }
        wrong = [f"{what}: {is_}, not {should}" for what, (is_, should) in expected.items() if is_ != should]
        if self.act.why not in str(self.part["why"]):
            wrong.append(f"the reason: {self.part['why']!r} does not tell {self.act.why}")
        return [f"{self.act.name}: {problem}." for problem in wrong]

    @property
    def _moves_workflow(self) -> bool:
        return self.act.workflow or self.act.command == "back"

    def as_json(self) -> dict[str, Any]:
        """What `--json` prints."""
        return {
            "act": self.act.name,
            "from": self.before,
            "to": self.released,
            "result": self.part["result"],
            "why": self.part["why"],
            "live": self.part["live"],
            "workflow": self.workflow["result"],
            "calls": len(self.calls),
            "met_the_new_version": self.met,
            "failed": self.failed,
            "problems": self.problems(),
        }
