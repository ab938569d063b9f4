"""The steps of the pipeline as data, the factory of their projects, and their policy pack.

A person sets the library and its SHA-256 in the pipeline's settings, and deploys the pipeline. The steps install it
before any file of the commit runs, into an environment outside of the artefact. All packages are pinned by hash, by
the library's own lists.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from ..components.build import Build
from ..components.pipeline import Artifacts
from ..components.state import State
from ..configuration.defaults import PYTHON
from ..configuration.labels import Labels
from ..configuration.pipeline_settings import Environment, Policies, RoleKind
from ..configuration.project import current
from ..configuration.strategy import SHIFT_TIMEOUT
from ..stack.key import Key, Logs, allow
from ..stack.program import Account
from . import stages
from .source import SOURCES
from .stages import BUILT, DURING_SHIFT, IGNORE_ALARMS, OUTPUTS, PLAN, ProjectNames, artifact_name, read_variable

POLICY_PACK: Final = "POLICY_PACK"
"""The variable with the pack's folder, which `context step preview` and `context step deploy` pass to Pulumi."""

# With -I, Python imports no module of the artefact, which is the current folder.
_COMMAND: Final = f"""\
policies="$(mktemp -d)"
options="--quiet --no-deps --require-hashes --only-binary :all:"
printf '%s\\n' "{{runtime}}" "{{infra}}" "{{cli}}" > "$policies/library.txt"
if ! ( python -I -m venv "$policies/env" && python="$policies/env/bin/python" \\
  && "$python" -I -m pip install $options --requirement "$policies/library.txt" \\
  && site="$("$python" -I -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" \\
  && "$python" -I -m pip install $options --requirement "$site/bounded_context_cli/data/policies.txt" \\
  && "$python" -I -m pip install $options --requirement "$site/bounded_context/data/layer.txt" \\
  && "$python" -I -m bounded_context_cli.policies.pinned "$PWD" "$policies/pack" ); then
  echo "Refused: the library of the policies cannot be installed (above). Nothing was run: \
check policies in infra/pipeline/Pulumi.main.yaml, and deploy the pipeline."
  exit 1
fi
export {POLICY_PACK}="$policies/pack"
"""


def command(policies: Policies) -> str:
    """Return the command that installs the library and makes the pack."""
    return _COMMAND.format(**vars(policies))


_BUILDSPECS = Path(__file__).with_name("buildspecs")


@dataclass(frozen=True)
class PipelineStep:
    """A kind of step: its limit in minutes, its role in the environment, its report, and its access to the state.

    `takes` is the file of the previous step, which it verifies and reads. `produces` is the file that it hands on.
    `variable` is a variable of the execution, which a person can set.
    """

    name: str
    timeout: int
    role: RoleKind | None = None
    report: str | None = None
    state: Literal["read", "update"] | None = None
    takes: str | None = None
    produces: str | None = None
    variable: str | None = None

    @property
    def path(self) -> str:
        """The repository's own file of commands, as a path from the repository's root. The library has a default."""
        return f"infra/pipeline/buildspecs/{self.name}.yml"

    @property
    def buildspec(self) -> str:
        """The commands: the repository's own file if it exists, otherwise the library's. Both may name `<PYTHON>`."""
        own, default = current().root / self.path, _BUILDSPECS / f"{self.name}.yml"
        return (own if own.is_file() else default).read_text(encoding="utf-8").replace("<PYTHON>", PYTHON)

    def with_policies(self, policies: Policies | None) -> str:
        """Return the buildspec, from the file at the time when a person deploys the pipeline.

        A step that calls Pulumi makes the pack of the policies before any file runs.
        """
        first = [command(policies)] if policies and self.state else []
        first += [read_variable(self.variable)] if self.variable else []
        # The build's input is not from a step.
        return stages.buildspec(self.buildspec, verifies=self is not BUILD, takes=self.takes, first=first)


_LOCKED = {"UV_LOCKED": "1"}
"""uv installs the versions of the committed uv.lock, or ends with an error that names the remedy."""

BUILD = PipelineStep("build", 30, report="tests")
OF_AN_ENVIRONMENT = (
    PipelineStep("preview", 30, "preview", report="preview", state="read", produces=PLAN),
    PipelineStep("deploy", 60, "deploy", state="update", takes=PLAN, produces=OUTPUTS, variable=DURING_SHIFT),
    PipelineStep("shift", SHIFT_TIMEOUT, "shift", takes=OUTPUTS, variable=IGNORE_ALARMS),
    PipelineStep("smoke", 15, "shift", report="smoke", takes=OUTPUTS),
)


@dataclass(frozen=True)
class ProjectFactory:
    """The factory of the steps' projects and permissions, with the components that they share."""

    labels: Labels
    account: Account
    logs: Logs
    key: Key
    artifacts: Artifacts
    state: State
    policies: Policies | None

    def build(self) -> Build:
        """Make the project of the build."""
        project = self._make(BUILD.name, BUILD, None)
        self.artifacts.grant_use(project.role, takes=[SOURCES], produces=BUILT)
        return project

    def environment(self, environment: Environment, number: int) -> dict[str, Build]:
        """Make the projects of an environment, by step. `number` is its position in the order of delivery, from 1."""
        return {step.name: self._step(step, environment, number) for step in OF_AN_ENVIRONMENT}

    def _step(self, step: PipelineStep, environment: Environment, number: int) -> Build:
        project = self._make(f"{environment.name}-{step.name}", step, environment)
        takes = [artifact_name(step.takes, number)] if step.takes else []
        produces = artifact_name(step.produces, number) if step.produces else None
        self.artifacts.grant_use(project.role, takes=[BUILT, *takes], produces=produces)
        return project

    def _make(self, name: str, step: PipelineStep, environment: Environment | None) -> Build:
        role_arn = environment.roles[step.role] if environment and step.role else None
        provider = environment.secrets_provider if environment else None
        pipeline = self.account.arn("codepipeline", self.labels.prefix)
        variables = {"STACK": environment.name, "ROLE_ARN": role_arn} if environment and role_arn else {}
        project = Build(
            name,
            self.labels,
            self.account,
            self.logs,
            self.key.arn,
            buildspec=step.with_policies(self.policies),
            timeout=step.timeout,
            variables={**_LOCKED, **variables, **(self.state.variables(provider) if step.state else {})},
            secrets=self.state.secrets if step.state else {},
            report=step.report,
            assumes=role_arn,
            more=[allow(["codepipeline:GetPipelineExecution"], pipeline)] if step.variable else [],
        )
        self.key.grant_use(project.role)
        if environment and step.state:
            self.state.grant(project.role, environment.name, provider, step.state)
        return project


def names(projects: Mapping[str, Build]) -> ProjectNames:
    """Return the names of an environment's projects."""
    return ProjectNames(**{step: project.project_name for step, project in projects.items()})
