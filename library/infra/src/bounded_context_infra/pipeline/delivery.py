"""The steps of the pipeline as data, the factory of their projects, and their policy pack.

A person sets the library and its SHA-256 in the pipeline's settings, and deploys the pipeline. The steps install it
before any file of the commit runs, into an environment outside of the artefact. All packages are pinned by hash, by
the library's own lists.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import pulumi

from bounded_context.declaration.context import Context

from ..components.pipeline import UNSTARTED, Artifacts, Failures, Pipeline
from ..components.state import Build, State
from ..configuration.defaults import PYTHON
from ..configuration.labels import PIPELINE, Labels
from ..configuration.pipeline_settings import ROLES, Environment, PipelineSettings, Policies, RoleKind, SourceKind
from ..configuration.project import current
from ..configuration.strategy import SHIFT_TIMEOUT
from ..stack.program import Account, Key, Logs, Statement, allow, placed, require_account, start
from . import source as sources
from . import stages
from .source import SOURCES
from .stages import (
    AGAIN,
    BUILT,
    DURING_SHIFT,
    IGNORE_ALARMS,
    OUTPUTS,
    PLAN,
    VARIABLES,
    ProjectNames,
    artifact_name,
    build_stage,
    environment_stage,
    read_variable,
    source_stage,
)

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
    `variables` are those of the execution, which a person can set.
    """

    name: str
    timeout: int
    role: RoleKind | None = None
    report: str | None = None
    state: Literal["read", "update"] | None = None
    takes: str | None = None
    produces: str | None = None
    variables: tuple[str, ...] = ()

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
        first += map(read_variable, self.variables)
        # The build's input is not from a step.
        return stages.buildspec(self.buildspec, verifies=self is not BUILD, takes=self.takes, first=first)


_LOCKED = {"UV_LOCKED": "1"}
"""uv installs the versions of the committed uv.lock, or ends with an error that names the remedy."""

BUILD = PipelineStep("build", 30, report="tests")
OF_AN_ENVIRONMENT = (
    PipelineStep("preview", 30, "preview", report="preview", state="read", produces=PLAN),
    PipelineStep("deploy", 60, "deploy", state="update", takes=PLAN, produces=OUTPUTS, variables=(DURING_SHIFT,)),
    PipelineStep("shift", SHIFT_TIMEOUT, "shift", takes=OUTPUTS, variables=(IGNORE_ALARMS, AGAIN)),
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
            more=[allow(["codepipeline:GetPipelineExecution"], pipeline)] if step.variables else [],
        )
        self.key.grant_use(project.role)
        if environment and step.state:
            self.state.grant(project.role, environment.name, provider, step.state)
        return project


def names(projects: Mapping[str, Build]) -> ProjectNames:
    """Return the names of an environment's projects."""
    return ProjectNames(**{step: project.project_name for step, project in projects.items()})


class Delivery:
    """The delivery of a context from a commit to the last environment, by the settings of the program's stack.

    A plain object: its components have no parent resource.

    Args:
        context: the delivered context.
        source: the kind of its repository: behind a code connection, or in CodeCommit.

    Raises:
        SettingError: a setting of the stack is missing or bad, and no resource was made.

    Attributes:
        key: the key that encrypts all data of the pipeline.
        artifacts: the bucket of the stages' artefacts.
        state: the backend of the state of the context's stacks.
        pipeline: the pipeline and its role.
        failures: the topic for failed executions and pending approvals.
        build: the project that checks the sources and makes the archives.
        environments: the projects of each environment, by step.
        definition: the pipeline resource.
    """

    def __init__(self, context: Context[Any], *, source: SourceKind) -> None:
        config = placed()
        self.settings = PipelineSettings.from_config(config, source, context.name, config.partition)
        if self.settings.account is not None:
            require_account(self.settings.account)
        if self.settings.connection_arn is not None:
            sources.require_available(self.settings.connection_arn)
        self._labels = start(context, self.settings.permissions_boundary, reserved=PIPELINE)
        self._account = Account.current()
        self._make_surroundings()
        self._make_projects()
        self._define()

    @property
    def trust(self) -> Mapping[str, Mapping[RoleKind, list[pulumi.Output[str]]]]:
        """The ARNs of the roles that each role of an environment must trust, and no others."""
        return {
            environment.name: {
                kind: [steps[step.name].role.arn for step in OF_AN_ENVIRONMENT if step.role == kind] for kind in ROLES
            }
            for environment, steps in self.environments.items()
        }

    def _make_surroundings(self) -> None:
        """Make the resources that all projects share, and the pipeline's role."""
        labels, settings = self._labels, self.settings
        self.key = Key("key", labels, self._account, protect=settings.protect)
        self.logs = Logs(labels, self.key.arn, settings.log_retention_days)
        self.artifacts = Artifacts("artifacts", labels, self.key.arn, protect=settings.protect)
        self.state = State(
            "state",
            labels,
            self._account,
            project=current().package,
            backend=settings.backend,
            secrets_provider=settings.secrets_provider,
            token_arn=settings.pulumi_token_secret_arn,
        )
        self.pipeline = Pipeline("pipeline", labels, self._account)
        name = self.pipeline.pipeline_name
        self.failures = Failures("failures", labels, self._account, self.key.arn, pipeline_name=name)

    def _make_projects(self) -> None:
        shared = (self._labels, self._account, self.logs, self.key, self.artifacts, self.state)
        factory = ProjectFactory(*shared, self.settings.policies)
        self.build = factory.build()
        self.environments = {
            environment: factory.environment(environment, number)
            for number, environment in enumerate(self.settings.environments, start=1)
        }

    def _define(self) -> None:
        """Make the pipeline after its permissions, and the rule that starts it."""
        source = sources.chosen(self.settings, self._account)
        self.definition = self.pipeline.define(
            [source_stage(source), build_stage(self.build.project_name), *self._stages()],
            variables=VARIABLES,
            triggers=[source.trigger] if source.trigger else [],
            bucket_name=self.artifacts.bucket_name,
            key_arn=self.key.arn,
            permissions=[*self._permissions(source.statement)],
        )
        if source.commits is not None:
            self.pipeline.start_on(source.commits, self.definition, lambda rule: self.failures.store(rule, UNSTARTED))

    def _stages(self) -> Iterator[Any]:
        """Yield the stage of each environment, in the order of delivery."""
        for number, (environment, steps) in enumerate(self.environments.items(), start=1):
            yield environment_stage(
                environment,
                number,
                names(steps),
                self._account,
                approval_hours=self.settings.approval_hours,
                topic_arn=self.failures.topic_arn,
            )

    def _permissions(self, source: Statement) -> Iterator[pulumi.Resource]:
        """Grant the pipeline's role the use of the source and of the other components, and yield the permissions."""
        role = self.pipeline.role
        projects = [self.build, *(project for steps in self.environments.values() for project in steps.values())]
        yield self.pipeline.grant(source, [project.project_arn for project in projects])
        yield self.artifacts.grant_fetch(role)
        yield self.key.grant_use(role)
        yield self.failures.grant_publish(role)
