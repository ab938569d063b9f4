"""The pipeline of a context: its components, their permissions, and the order of its stages."""

from collections.abc import Iterator, Mapping
from typing import Any

import pulumi

from bounded_context.declaration.context import Context

from ..components.pipeline import UNSTARTED, Artifacts, Failures, Pipeline
from ..components.state import State
from ..configuration.labels import PIPELINE
from ..configuration.pipeline_settings import ROLES, PipelineSettings, RoleKind, SourceKind
from ..configuration.project import current
from ..stack.key import Key, Logs, Statement
from ..stack.program import Account, placed, require_account, start
from . import source as sources
from .stages import VARIABLES, build_stage, environment_stage, source_stage
from .steps import OF_AN_ENVIRONMENT, ProjectFactory, names


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
