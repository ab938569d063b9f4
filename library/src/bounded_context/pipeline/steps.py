"""The pipeline's steps as data, and the loop that makes their projects."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..infra.account import Account
from ..infra.components.artifacts import Artifacts
from ..infra.components.build import Build
from ..infra.components.key import Key
from ..infra.components.state import State
from ..infra.labels import Labels
from ..infra.logs import Logs
from ..project import current
from . import handover
from .limits import SHIFT_TIMEOUT
from .settings import Environment, RoleKind
from .stages import ProjectNames


@dataclass(frozen=True)
class Step:
    """A kind of step: its limit in minutes, its role in the environment, its report, what it does with the state."""

    name: str
    timeout: int
    role: RoleKind | None = None
    report: str | None = None
    state: Literal["read", "update"] | None = None

    @property
    def path(self) -> str:
        """The file of its commands, as a path from the repository's root."""
        return f"infra/pipeline/buildspecs/{self.name}.yml"

    @property
    def buildspec(self) -> str:
        """Its commands, and those of the handover: of the file as it is when a person deploys the pipeline."""
        text = (current().root / self.path).read_text(encoding="utf-8")
        # What the build takes no step has made.
        return handover.buildspec(text, takes=self is not BUILD)


BUILD = Step("build", 30, report="tests")
OF_AN_ENVIRONMENT = (
    Step("preview", 30, "preview", report="preview", state="read"),
    Step("deploy", 60, "deploy", state="update"),
    Step("shift", SHIFT_TIMEOUT, "shift"),
    Step("smoke", 15, "shift", report="smoke"),
)


@dataclass(frozen=True)
class ProjectFactory:
    """Makes the projects of the steps, with what all of them share, and says what each may use."""

    labels: Labels
    account: Account
    logs: Logs
    key: Key
    artifacts: Artifacts
    state: State

    def build(self) -> Build:
        """The project that checks and packs."""
        return self._make(BUILD.name, BUILD, None)

    def environment(self, environment: Environment) -> dict[str, Build]:
        """The projects of one environment by their step."""
        return {
            step.name: self._make(f"{environment.name}-{step.name}", step, environment) for step in OF_AN_ENVIRONMENT
        }

    def _make(self, name: str, step: Step, environment: Environment | None) -> Build:
        role_arn = environment.roles[step.role] if environment and step.role else None
        variables = {"STACK": environment.name, "ROLE_ARN": role_arn} if environment and role_arn else {}
        made = Build(
            name,
            self.labels,
            self.account,
            self.logs,
            self.key.arn,
            buildspec=step.buildspec,
            timeout=step.timeout,
            variables={**variables, **(self.state.variables if step.state else {})},
            secrets=self.state.secrets if step.state else {},
            report=step.report,
            assumes=role_arn,
            cache=self.artifacts.cache_of(name),
        )
        self.key.grant_use(made.role)
        self.artifacts.grant_use(made.role, name)
        if step.state == "read":
            self.state.grant_read(made.role)
        if step.state == "update":
            self.state.grant_update(made.role)
        return made


def names(projects: Mapping[str, Build]) -> ProjectNames:
    """The names of one environment's projects."""
    return ProjectNames(**{step: project.project_name for step, project in projects.items()})
