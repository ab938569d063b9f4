"""The pipeline, which delivers a commit to the last environment."""

from collections.abc import Callable, Sequence
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, codepipeline, iam

from bounded_context_infra.configuration.labels import Labels
from bounded_context_infra.stack.account import Account
from bounded_context_infra.stack.component import Component
from bounded_context_infra.stack.policy import Statement, allow, grant, trust

from ..parts.queues import EventQueue

Store = Callable[[cloudwatch.EventRule], EventQueue]
"""Makes a queue for the undelivered events of a rule."""


_OWN_BUILDSPEC = {"Null": {"codebuild:source.buildspec": "true"}}
"""The request has no other buildspec (CodeBuild user guide, "AWS CodeBuild condition keys")."""


class Pipeline(Component):
    """A pipeline, named by the prefix of its resources, and its `role`, to which other components grant permissions.

    A newer execution supersedes an execution that waits before a stage.
    """

    urn_type = "bounded-context:pipeline:Pipeline"

    def __init__(self, name: str, labels: Labels, account: Account) -> None:
        super().__init__(name, labels)
        self._account = account
        self.pipeline_name = labels.prefix
        self.role = iam.Role(
            name,
            name=labels.name("run"),
            # AWS's own policies for pipelines have no condition: CodePipeline may not send the account that it acts
            # for.
            assume_role_policy=trust("codepipeline"),
            tags=labels.tags,
            opts=self.child(),
        )
        self.register_outputs({"name": self.pipeline_name})

    def grant(self, source: Statement, projects: Sequence[pulumi.Input[str]]) -> iam.RolePolicy:
        """Let the pipeline's role fetch the source, start each project with its own buildspec, and read the results."""
        actions = ["codebuild:StartBuild", "codebuild:BatchGetBuilds"]
        return grant(self, self.role, source, allow(actions, *projects, Condition=_OWN_BUILDSPEC))

    def define(
        self,
        stages: Sequence[Any],
        *,
        variables: Sequence[Any],
        triggers: Sequence[Any],
        bucket_name: pulumi.Input[str],
        key_arn: pulumi.Input[str],
        permissions: Sequence[pulumi.Resource],
    ) -> codepipeline.Pipeline:
        """Make the pipeline after `permissions`, because it starts by itself as soon as it exists."""
        return codepipeline.Pipeline(
            self.name,
            name=self.pipeline_name,
            pipeline_type="V2",
            execution_mode="SUPERSEDED",
            role_arn=self.role.arn,
            artifact_stores=[{"type": "S3", "location": bucket_name, "encryption_key": {"type": "KMS", "id": key_arn}}],
            variables=[*variables],
            stages=[*stages],
            triggers=[*triggers],
            tags=self.labels.tags,
            opts=self.child(depends_on=[*permissions]),
        )

    def start_on(self, pattern: pulumi.Input[str], made: codepipeline.Pipeline, store: Store) -> None:
        """Start the pipeline on each event of this pattern; `store` makes a queue for the undelivered events."""
        role = iam.Role(
            "commits",
            name=self.labels.name("commits"),
            assume_role_policy=trust("events", self._account.id),
            tags=self.labels.tags,
            opts=self.child(),
        )
        rule = cloudwatch.EventRule(
            "commits",
            name=self.labels.name("commits"),
            event_pattern=pattern,
            tags=self.labels.tags,
            opts=self.child(),
        )
        starts = grant(self, role, allow(["codepipeline:StartPipelineExecution"], made.arn))
        undelivered = store(rule)
        cloudwatch.EventTarget(
            "commits",
            rule=rule.name,
            arn=made.arn,
            role_arn=role.arn,
            dead_letter_config={"arn": undelivered.arn},
            opts=self.child(depends_on=[starts, undelivered.policy]),
        )
