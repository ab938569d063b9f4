"""A CodeBuild project, which runs a step of the pipeline."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, codebuild, iam

from bounded_context_infra.configuration.labels import Labels
from bounded_context_infra.stack.key import Logs, Statement, allow, grant, trust
from bounded_context_infra.stack.program import Account, Component

IMAGE = "aws/codebuild/amazonlinux-x86_64-standard:6.0"
"""The release of CodeBuild's image. AWS updates it in place, so the buildspecs pin every tool that matters."""

_REPORT = ("codebuild:CreateReportGroup", "codebuild:CreateReport", "codebuild:UpdateReport")
_CASES = ("codebuild:BatchPutTestCases",)


class Build(Component):
    """A CodeBuild project with its own role, log group and (if it reports) report group.

    `assumes` is the only role that it may assume, in the environment that it changes.
    """

    urn_type = "bounded-context:pipeline:Build"

    def __init__(
        self,
        name: str,
        labels: Labels,
        account: Account,
        logs: Logs,
        key_arn: pulumi.Input[str],
        *,
        buildspec: str,
        timeout: int,
        variables: Mapping[str, pulumi.Input[str]],
        secrets: Mapping[str, str],
        report: str | None,
        assumes: str | None,
        more: Sequence[Statement] = (),
    ) -> None:
        """Make the project.

        Args:
            name: the step's name.
            labels: names and tags.
            account: the account that it runs in.
            logs: the factory of its log group.
            key_arn: the key that encrypts its outputs.
            buildspec: its commands, as YAML, which a commit cannot change.
            timeout: minutes.
            variables: the environment of its commands.
            secrets: the secret variables, by the ARNs in Secrets Manager.
            report: the report that the buildspec writes.
            assumes: the ARN of the role that it may assume.
            more: further permissions of its role.
        """
        super().__init__(name, labels)
        self.project_name = labels.name(name)
        self.role = iam.Role(
            name,
            name=self.project_name,
            assume_role_policy=trust("codebuild", account.id),
            tags=labels.tags,
            opts=self.child(),
        )
        log_group = logs.group("codebuild", name, parent=self)
        statements = [allow(["logs:CreateLogStream", "logs:PutLogEvents"], pulumi.Output.concat(log_group.arn, ":*"))]
        if report is not None:
            statements.append(allow([*_REPORT, *_CASES], self._report_group(report).arn))
        if assumes is not None:
            statements.append(allow(["sts:AssumeRole"], assumes))
        runs = grant(self, self.role, *statements, *more)
        self.project_arn = codebuild.Project(
            name,
            name=self.project_name,
            service_role=self.role.arn,
            source={"type": "CODEPIPELINE", "buildspec": buildspec},
            artifacts={"type": "CODEPIPELINE"},
            environment=_environment(variables, secrets),
            encryption_key=key_arn,
            logs_config=_logs(log_group),
            build_timeout=timeout,
            # Minutes. If no machine is free by then, start the execution again.
            queued_timeout=60,
            tags=labels.tags,
            opts=self.child(depends_on=[runs]),
        ).arn
        self.register_outputs({"project": self.project_name})

    def _report_group(self, report: str) -> codebuild.ReportGroup:
        return codebuild.ReportGroup(
            f"{self.name}-{report}",
            # CodeBuild derives this name from the project's name and the buildspec's report.
            name=f"{self.project_name}-{report}",
            type="TEST",
            delete_reports=True,
            export_config={"type": "NO_EXPORT"},
            tags=self.labels.tags,
            opts=self.child(),
        )


def _environment(variables: Mapping[str, pulumi.Input[str]], secrets: Mapping[str, str]) -> Any:
    plain = [{"name": name, "value": value, "type": "PLAINTEXT"} for name, value in variables.items()]
    secret = [{"name": name, "value": arn, "type": "SECRETS_MANAGER"} for name, arn in secrets.items()]
    return {
        "type": "LINUX_CONTAINER",
        "compute_type": "BUILD_GENERAL1_SMALL",
        "image": IMAGE,
        "image_pull_credentials_type": "CODEBUILD",
        "environment_variables": [*plain, *secret],
    }


def _logs(group: cloudwatch.LogGroup) -> Any:
    return {"cloudwatch_logs": {"group_name": group.name, "status": "ENABLED"}, "s3_logs": {"status": "DISABLED"}}
