"""One kind of step that CodeBuild runs for the pipeline."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, codebuild, iam

from ..account import Account
from ..labels import Labels
from ..logs import Logs
from ..policy import allow, grant, trust
from ._component import Component

IMAGE = "aws/codebuild/amazonlinux-x86_64-standard:6.0"
"""The release of CodeBuild's image; AWS updates it in place, so every tool that matters is pinned by the buildspecs."""

_REPORT = ("codebuild:CreateReportGroup", "codebuild:CreateReport", "codebuild:UpdateReport")
_CASES = ("codebuild:BatchPutTestCases",)


class Build(Component):
    """A CodeBuild project with a role, a log group and (if it reports) a report group of its own.

    `assumes` is the one role that it may assume: that of the environment which it changes.
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
        cache: pulumi.Input[str],
    ) -> None:
        """Make the project.

        Args:
            name: the step's.
            labels: for names and tags.
            account: where it runs.
            logs: for the log group.
            key_arn: what encrypts what it makes.
            buildspec: its commands, as YAML: what it works on cannot change them.
            timeout: minutes.
            variables: the environment of its commands.
            secrets: the same for what is secret, by the ARNs in Secrets Manager.
            report: the report that the buildspec writes.
            assumes: the role that it may assume.
            cache: where packages are kept between builds, as bucket/prefix.
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
        runs = grant(self, self.role, *statements)
        self._project = codebuild.Project(
            name,
            name=self.project_name,
            service_role=self.role.arn,
            source={"type": "CODEPIPELINE", "buildspec": buildspec},
            artifacts={"type": "CODEPIPELINE"},
            environment=_environment(variables, secrets),
            encryption_key=key_arn,
            cache={"type": "S3", "location": cache},
            logs_config=_logs(log_group),
            build_timeout=timeout,
            # Minutes: an execution that finds no machine by then is better started again.
            queued_timeout=60,
            tags=labels.tags,
            opts=self.child(depends_on=[runs]),
        )
        self.register_outputs({"project": self.project_name})

    def grant_start(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` run the project and see how it ended."""
        return grant(self, role, allow(["codebuild:StartBuild", "codebuild:BatchGetBuilds"], self._project.arn))

    def _report_group(self, report: str) -> codebuild.ReportGroup:
        return codebuild.ReportGroup(
            f"{self.name}-{report}",
            # The name that CodeBuild makes of the project's and the buildspec's.
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
