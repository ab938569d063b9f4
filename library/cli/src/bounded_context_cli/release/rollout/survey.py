"""The state of a stack on AWS before a run: aliases, newest versions, and past deployments."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ...command.aws_errors import AWS_ERRORS, Refused, sentence
from .deployments import Deployment, deployment_of, unverified
from .follow import WORKERS
from .machines import Routing
from .notes import WORKFLOW
from .outputs import Function
from .services import Position, Services


@dataclass(frozen=True)
class Finding:
    """A function with its position and its deployments, the newest first. `problem` is the error of reading them."""

    function: Function
    position: Position | None = None
    newest: str = ""
    history: Sequence[Deployment] = field(default_factory=tuple)
    problem: str = ""

    @property
    def live(self) -> str:
        """The version of the alias; empty if it could not be read."""
        return self.position.live if self.position else ""

    @property
    def behind(self) -> bool:
        """Whether a newer version than the live version exists."""
        return self.position is not None and int(self.live) < int(self.newest)

    @property
    def target(self) -> str:
        """The version that a release moves the function to; empty if it could not be read."""
        return max(self.live, self.newest, key=int) if self.position else ""

    @property
    def active(self) -> Deployment | None:
        """The deployment that has not ended."""
        return next((deployment for deployment in self.history if not deployment.ended), None)

    @property
    def ended(self) -> frozenset[str]:
        """The ids of the deployments that have ended."""
        return frozenset(deployment.id for deployment in self.history if deployment.ended)

    @property
    def original(self) -> Deployment | None:
        """The active deployment, or the deployment that it rolls back."""
        active = self.active
        if active is None or not active.rollback_of:
            return active
        return next((deployment for deployment in self.history if deployment.id == active.rollback_of), active)

    @property
    def leftover(self) -> bool:
        """Whether two versions share the traffic without an active deployment."""
        return self.position is not None and bool(self.position.shifting) and self.active is None

    @property
    def deployment(self) -> Deployment | None:
        """The newest ended deployment of this driver that moved the alias to the live version."""
        return deployment_of(self.history, self.live)

    @property
    def unverified(self) -> str:
        """The reason why the live version does not count as released, or an empty text."""
        return unverified(self.history, self.live)

    @property
    def rolled_back(self) -> str:
        """The time at which the newest version was taken back or rolled back, as text; empty if it was not."""
        return next((text for deployment in self.history if (text := self._return_of(deployment)) is not None), "")

    def _return_of(self, deployment: Deployment) -> str | None:
        """Describe the return of the newest version by a deployment.

        Returns None if the deployment concerns another version, and an empty text if the version was not returned.
        """
        note, newest = deployment.note, self.newest
        if note is None or not deployment.ended or newest != (note.before if note.returns else note.target):
            return None
        if note.returns != (deployment.status == "Succeeded"):
            return ""
        how = "taken back" if note.returns else "rolled back"
        return f"version {newest} was {how} on {deployment.created:%Y-%m-%d at %H:%M} UTC ({deployment.id})"


@dataclass(frozen=True)
class Survey:
    """All functions and the state machine at a point in time."""

    findings: Sequence[Finding]
    routing: Routing
    machine_newest: str

    @property
    def machine_target(self) -> str:
        """The version that a release moves the state machine to."""
        return max(self.routing.old, self.machine_newest, key=int)

    @property
    def machine_after(self) -> int:
        """The lowest version of the state machine that only the end of a release, or a later release, leads to."""
        return max(int(self.machine_target), int(self.routing.old) + 1)

    @property
    def targets(self) -> Mapping[str, str]:
        """The version that a release moves each part to, by the part's name."""
        functions = {finding.function.name: finding.target for finding in self.findings}
        return {**functions, WORKFLOW: self.machine_target}

    @property
    def problems(self) -> str:
        """The functions that could not be read, with the errors; empty if all were read."""
        return ", ".join(f"{finding.function.name} ({finding.problem})" for finding in self.findings if finding.problem)


def survey_all(functions: Sequence[Function], services: Services) -> Survey:
    """Read the state machine and then all functions.

    Pulumi publishes a definition after its functions, so the functions' newest versions are never older.

    Raises:
        Refused: the state machine cannot be read.
    """
    try:
        routing, newest = services.machines.routing(), services.machines.newest()
    except AWS_ERRORS as error:
        raise Refused(f"The state machine cannot be read ({sentence(error)}): nothing was changed.") from error
    return Survey(survey(functions, services), routing, newest)


def survey(functions: Sequence[Function], services: Services) -> list[Finding]:
    """Read all functions, several in parallel."""
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda function: _find(function, services), functions))


def _find(function: Function, services: Services) -> Finding:
    try:
        history = services.deployments.history(function.group)
        return Finding(function, services.functions.read(function), services.functions.newest(function), history)
    except (Refused, *AWS_ERRORS) as error:
        return Finding(function, problem=sentence(error))
