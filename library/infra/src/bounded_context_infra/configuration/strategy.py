"""Traffic shifting to a new version: CodeDeploy's strategies for Lambda, and a team's own in the same form.

The nine names are AWS's (CodeDeploy user guide, "Deployment configurations on an AWS Lambda compute platform"). Other
strategies have the limits of CodeDeploy's time-based canary and linear configurations.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

Kind = Literal["AllAtOnce", "Canary", "Linear"]

PREDEFINED = (
    "Canary10Percent5Minutes",
    "Canary10Percent10Minutes",
    "Canary10Percent15Minutes",
    "Canary10Percent30Minutes",
    "Linear10PercentEvery1Minute",
    "Linear10PercentEvery2Minutes",
    "Linear10PercentEvery3Minutes",
    "Linear10PercentEvery10Minutes",
    "AllAtOnce",
)
"""The strategies with a deployment configuration by AWS."""

LONGEST = 2880
"""Maximum minutes from the first shift to the last in CodeDeploy: two days."""

_OWN = re.compile(r"(Canary|Linear)([0-9]{1,9})Percent(Every)?([0-9]{1,9})Minutes?")


class BadStrategy(ValueError):
    """A strategy that CodeDeploy does not support; the message contains the remedy."""


@dataclass(frozen=True)
class Strategy:
    """A way to shift traffic: `percentage` at first (canary) or per shift (linear), `minutes` between two shifts."""

    name: str
    kind: Kind
    percentage: int
    minutes: int

    @classmethod
    def parse(cls, name: str) -> Self:
        """Parse `AllAtOnce`, `Canary<n>Percent<m>Minutes` or `Linear<n>PercentEvery<m>Minutes`. Raises BadStrategy."""
        if name == "AllAtOnce":
            return cls(name, "AllAtOnce", 100, 0)
        form = _OWN.fullmatch(name)
        if form is None or (form[1] == "Linear") != bool(form[3]):
            raise BadStrategy(
                f"{name!r}: write one of {', '.join(PREDEFINED)}, or one of your own such as Canary25Percent20Minutes."
            )
        read = cls(name, "Linear" if form[3] else "Canary", int(form[2]), int(form[4]))
        read._refuse_impossible()
        return read

    @property
    def predefined(self) -> bool:
        """Whether AWS has a deployment configuration for it; otherwise the stack makes its own."""
        return self.name in PREDEFINED

    @property
    def weights(self) -> tuple[int, ...]:
        """The percentages of traffic of the new version after each shift; the last is 100."""
        match self.kind:
            case "AllAtOnce":
                return (100,)
            case "Canary":
                return (self.percentage, 100)
            case "Linear":
                return (*range(self.percentage, 100, self.percentage), 100)

    @property
    def duration(self) -> int:
        """Minutes from the first shift to the last."""
        return self.minutes * (len(self.weights) - 1)

    def _refuse_impossible(self) -> None:
        if not 1 <= self.percentage <= 99:
            raise BadStrategy(f"{self.name!r}, which begins with {self.percentage} percent: write 1 to 99.")
        if not 1 <= self.minutes <= LONGEST:
            raise BadStrategy(f"{self.name!r}, which waits {self.minutes} minutes: write 1 to {LONGEST}.")
        if self.duration > LONGEST:
            raise BadStrategy(f"{self.name!r}, which takes {self.duration} minutes: CodeDeploy allows {LONGEST}.")


SHIFT_TIMEOUT = 480
"""Minutes for a whole rollout; CodePipeline ends a build that takes much longer."""

_HOOKS_AND_ROLLBACKS = 35
"""Minutes that a rollout allows for hooks and rollbacks, once for the functions and once for the state machine."""


def too_long(context: str, stack_file: Mapping[str, Any]) -> str | None:
    """Return why the strategy of a stack's file takes too long for the pipeline, else None.

    A bad strategy returns None, because the stack's program reports it.

    Args:
        context: the name of the context, which is the prefix of its program's settings.
        stack_file: the contents of `Pulumi.<stack>.yaml`.
    """
    name = (stack_file.get("config") or {}).get(f"{context}:rollout_strategy")
    try:
        minutes = 2 * (Strategy.parse(str(name)).duration + _HOOKS_AND_ROLLBACKS)
    except BadStrategy:
        return None
    if minutes <= SHIFT_TIMEOUT:
        return None
    return f"{name} may take {minutes} minutes, and the pipeline's shift {SHIFT_TIMEOUT}: choose a quicker strategy."
