"""What is on AWS before a run: where each function is, and what its deployments were."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from .deployments import Deployment
from .errors import AWS_ERRORS, Refused, sentence
from .follow import WORKERS
from .functionmove import Tools
from .functions import Position
from .outputs import Function


@dataclass(frozen=True)
class Finding:
    """One function: its position and its deployments, the newest first; `problem` is why they could not be read."""

    function: Function
    position: Position | None = None
    history: Sequence[Deployment] = field(default_factory=tuple)
    problem: str = ""

    @property
    def behind(self) -> bool:
        """Whether there is a newer version than the live one."""
        return self.position is not None and int(self.position.live) < int(self.position.newest)

    @property
    def active(self) -> Deployment | None:
        """The deployment that has not ended."""
        return next((deployment for deployment in self.history if not deployment.ended), None)

    @property
    def rolled_back(self) -> str:
        """Say that the newest version was live, or on its way, and was taken back; empty if it was not."""
        return next((said for deployment in self.history if (said := self._said(deployment)) is not None), "")

    def _said(self, deployment: Deployment) -> str | None:
        """What one deployment has to say about the newest version, None if nothing."""
        note, newest = deployment.note, self.position.newest if self.position else ""
        if note is None or not deployment.ended or newest != (note.before if note.back else note.target):
            return None
        if note.back != (deployment.status == "Succeeded"):
            return ""
        how = "taken back" if note.back else "rolled back"
        return f"version {newest} was {how} on {deployment.created:%Y-%m-%d at %H:%M} UTC ({deployment.id})"


def survey(functions: Sequence[Function], tools: Tools) -> list[Finding]:
    """Find out about all functions, several at a time."""
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda function: _find(function, tools), functions))


def _find(function: Function, tools: Tools) -> Finding:
    try:
        return Finding(function, tools.functions.read(function), tools.deployments.history(function.group))
    except (Refused, *AWS_ERRORS) as error:
        return Finding(function, problem=str(error) if isinstance(error, Refused) else sentence(error))
