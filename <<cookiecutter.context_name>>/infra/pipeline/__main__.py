"""Deploys the pipeline: builds the components and says who may use what."""

import pulumi

from infra.account import Account
from infra.components.artifacts import Artifacts
from infra.components.failures import Failures
from infra.components.key import Key
from infra.components.pipeline import Pipeline
from infra.components.state import State
from infra.context import CONTEXT, OWNER, SOURCE
from infra.labels import Labels
from infra.logs import Logs
from infra.pipeline import source as sources
from infra.pipeline.connection import require_available
from infra.pipeline.settings import RESERVED, PipelineSettings
from infra.pipeline.stages import VARIABLES, build_stage, environment_stage, source_stage
from infra.pipeline.steps import ProjectFactory, names

settings = PipelineSettings.from_config(pulumi.Config(), SOURCE)
if settings.connection_arn is not None:
    require_available(settings.connection_arn)
labels = Labels(CONTEXT, RESERVED, OWNER)
account = Account.current()

key = Key("key", labels, account, protect=settings.protect)
logs = Logs(labels, key.arn, settings.log_retention_days)
artifacts = Artifacts("artifacts", labels, key.arn, protect=settings.protect)
state = State(
    "state",
    labels,
    backend=settings.backend,
    secrets_provider=settings.secrets_provider,
    token_arn=settings.pulumi_token_secret_arn,
)
pipeline = Pipeline("pipeline", labels, account)
failures = Failures("failures", labels, key.arn, pipeline_name=pipeline.pipeline_name)

factory = ProjectFactory(labels, account, logs, key, artifacts, state)
build = factory.build()
environments = {environment: factory.environment(environment) for environment in settings.environments}
source = sources.chosen(settings, account)

projects = [build, *(project for steps in environments.values() for project in steps.values())]
made = pipeline.define(
    [
        source_stage(source),
        build_stage(build.project_name),
        *(
            environment_stage(
                environment.name,
                names(steps),
                account,
                approval=environment.approval,
                topic_arn=failures.topic_arn,
            )
            for environment, steps in environments.items()
        ),
    ],
    variables=VARIABLES,
    triggers=[source.trigger] if source.trigger else [],
    bucket_name=artifacts.bucket_name,
    key_arn=key.arn,
    permissions=[
        pipeline.grant_fetch(source.statement),
        artifacts.grant_fetch(pipeline.role),
        key.grant_use(pipeline.role),
        failures.grant_publish(pipeline.role),
        *(project.grant_start(pipeline.role) for project in projects),
    ],
)
if source.commits is not None:
    pipeline.start_on(source.commits, made)

pulumi.export("pipeline", made.name)
pulumi.export("alarm_topic_arn", failures.topic_arn)
pulumi.export(
    "trust",
    {environment.name: [step.role.arn for step in steps.values()] for environment, steps in environments.items()},
)
