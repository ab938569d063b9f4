"""The acts of a rehearsal: the released version and the expected result of each release."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..actors.caller import Call

Command = Literal["start", "back"]

_FAILURE = """

from bounded_context.handlers.commands import CommandHandler


def _fails(*_):
    raise RuntimeError("rehearsal: a mistake that no check knows")


CommandHandler.perform = _fails
"""


def cannot_start(source: str) -> str:
    """Return the source of a version that fails when it is loaded."""
    return f'raise RuntimeError("rehearsal: this version cannot start")\n{source}'


def fails_for_callers(source: str) -> str:
    """Return the source of a version that starts, and fails at each call."""
    return source + _FAILURE


def works(source: str) -> str:
    """Return the source of a version that works."""
    return f"{source}\n# Another version that works.\n"


@dataclass(frozen=True)
class Act:
    """A release with its expected `result` and exit `status` of the driver.

    `change` returns the source of the new version, given the deployed source. `why` is a text that the driver's reason
    must contain. `seen` is True if callers must reach the released version, None if chance decides. With `workflow`, a
    new version of the state machine is released too; it is None in a context without lists.
    """

    name: str
    command: Command
    result: str
    status: int
    why: str = ""
    seen: bool | None = True
    change: Callable[[str], str] | None = None
    workflow: bool | None = False


WITH_WORKFLOW = ", workflow too"
"""The end of the name of an act that also releases the state machine."""

ACTS = (
    Act("cannot start", "start", "rolled back", 1, "HOOK_EXECUTION_FAILURE", seen=False, change=cannot_start),
    Act("fails for its callers", "start", "rolled back", 1, "ALARM_ACTIVE", change=fails_for_callers),
    Act(f"works{WITH_WORKFLOW}", "start", "succeeded", 0, change=works, workflow=True),
    Act("the way back", "back", "succeeded", 0, seen=None),
)


@dataclass(frozen=True)
class Performed:
    """The result of an act.

    `calls` are the calls during the act, `after` the calls after its end. `part` is the driver's report on the
    function, `workflow` its report on the state machine.
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
        """Number of calls that reached the released version."""
        return sum(call.version == self.released for call in self.calls)

    @property
    def failed(self) -> int:
        """Number of calls that failed."""
        return sum(call.failed for call in self.calls)

    @property
    def live(self) -> str:
        """The version that must be live after the act."""
        return self.released if self.act.result == "succeeded" else self.before

    def problems(self) -> list[str]:
        """Return a sentence for each difference from the expected result."""
        expected = {
            "the driver's exit status": (self.status, self.act.status),
            "the result": (self.part["result"], self.act.result),
            "the live version": (self.part["live"], self.live),
            "versions that answer afterwards": ({call.version for call in self.after}, {self.live}),
            "failed calls afterwards": (sum(call.failed for call in self.after), 0),
            "whether it was called": (self.act.seen if self.act.seen is None else self.met > 0, self.act.seen),
            "the workflow's result": (self.workflow["result"] == "succeeded", self._moves_workflow),
        }
        wrong = [f"{name}: {actual}, not {wanted}" for name, (actual, wanted) in expected.items() if actual != wanted]
        if self.act.why not in str(self.part["why"]):
            wrong.append(f"the reason: {self.part['why']!r} does not contain {self.act.why}")
        return [f"{self.act.name}: {problem}." for problem in wrong]

    @property
    def _moves_workflow(self) -> bool:
        return self.act.workflow is not None and (self.act.workflow or self.act.command == "back")

    def as_json(self) -> dict[str, Any]:
        """Return the result in the form that `--json` prints."""
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
