"""The state of a stack on AWS before a run: aliases, newest versions, and past deployments."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from .deployments import Deployment, brought, unverified
from .errors import AWS_ERRORS, Refused, sentence
from .follow import WORKERS
from .functionmove import Tools
from .functions import Position
from .machines import Machines, Routing
from .outputs import Function


@dataclass(frozen=True)
class Finding:
    """One function: its position and its deployments, the newest first. `problem` is the error of reading them."""

    function: Function
    position: Position | None = None
    newest: str = ""
    history: Sequence[Deployment] = field(default_factory=tuple)
    problem: str = ""

    @property
    def behind(self) -> bool:
        """Whether there is a newer version than the live one."""
        return self.position is not None and int(self.position.live) < int(self.newest)

    @property
    def target(self) -> str:
        """The version that a release moves the function to; empty if it could not be read."""
        return max(self.position.live, self.newest, key=int) if self.position else ""

    @property
    def active(self) -> Deployment | None:
        """The deployment that has not ended."""
        return next((deployment for deployment in self.history if not deployment.ended), None)

    @property
    def leader(self) -> Deployment | None:
        """The active deployment, or the deployment that the active one rolls back."""
        active = self.active
        if active is None or not active.rollback_of:
            return active
        return next((one for one in self.history if one.id == active.rollback_of), active)

    @property
    def leftover(self) -> bool:
        """Whether two versions share the traffic although no deployment is active."""
        return self.position is not None and bool(self.position.shifting) and self.active is None

    @property
    def brought(self) -> Deployment | None:
        """The newest ended deployment of this driver that moved the alias to the live version."""
        return brought(self.history, self.position.live) if self.position else None

    @property
    def unverified(self) -> str:
        """Say that the live version's own deployment did not succeed; empty if it did."""
        return unverified(self.history, self.position.live) if self.position else ""

    @property
    def rolled_back(self) -> str:
        """Say that the newest version was live, or on its way, and was taken back; empty if it was not."""
        return next((said for deployment in self.history if (said := self._said(deployment)) is not None), "")

    def _said(self, deployment: Deployment) -> str | None:
        """Describe the end of the newest version in one deployment. Returns None if it had another version."""
        note, newest = deployment.note, self.newest
        if note is None or not deployment.ended or newest != (note.before if note.back else note.target):
            return None
        if note.back != (deployment.status == "Succeeded"):
            return ""
        how = "taken back" if note.back else "rolled back"
        return f"version {newest} was {how} on {deployment.created:%Y-%m-%d at %H:%M} UTC ({deployment.id})"


@dataclass(frozen=True)
class Survey:
    """All functions and the state machine at one time."""

    findings: Sequence[Finding]
    routing: Routing
    machine_newest: str

    @property
    def machine_target(self) -> str:
        """The version that a release moves the state machine to."""
        return max(self.routing.old, self.machine_newest, key=int)

    @property
    def targets(self) -> Mapping[str, str]:
        """The version that a release moves each part to, by the part's name."""
        functions = {finding.function.name: finding.target for finding in self.findings}
        return {**functions, "workflow": self.machine_target}

    @property
    def problems(self) -> str:
        """The functions that could not be read, with the errors; empty if all were read."""
        return ", ".join(f"{one.function.name} ({one.problem})" for one in self.findings if one.problem)


def survey_all(functions: Sequence[Function], tools: Tools, machines: Machines) -> Survey:
    """Read the state machine first: Pulumi publishes a definition after the functions that it calls.

    Raises:
        Refused: the state machine cannot be read.
    """
    try:
        routing, newest = machines.routing(), machines.newest()
    except AWS_ERRORS as error:
        raise Refused(f"The state machine cannot be read ({sentence(error)}): nothing was changed.") from error
    return Survey(survey(functions, tools), routing, newest)


def survey(functions: Sequence[Function], tools: Tools) -> list[Finding]:
    """Read all functions, several at a time."""
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda function: _find(function, tools), functions))


def _find(function: Function, tools: Tools) -> Finding:
    try:
        history = tools.deployments.history(function.group)
        return Finding(function, tools.functions.read(function), tools.functions.newest(function), history)
    except (Refused, *AWS_ERRORS) as error:
        return Finding(function, problem=str(error) if isinstance(error, Refused) else sentence(error))
