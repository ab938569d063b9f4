"""The backend of Pulumi's state and secrets, and a CodeBuild project, which runs a step of the pipeline.

The backend is S3 under a KMS key, or Pulumi Cloud. It exists before this program runs: access to it is granted here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, codebuild, iam, kms

from ..configuration.access import Access, SecretsProvider, bucket_name, on_bucket, on_bucket_key, on_secrets_key
from ..configuration.labels import Labels
from ..stack.program import Account, Component, Logs, Statement, allow, grant, trust


class State(Component):
    """The backend; `variables` and `secrets` configure the Pulumi CLI (a secret by its ARN in Secrets Manager).

    `project` is the name of the Pulumi project whose stacks the pipeline deploys.
    """

    urn_type = "bounded-context:pipeline:State"

    def __init__(
        self,
        name: str,
        labels: Labels,
        account: Account,
        *,
        project: str,
        backend: str,
        secrets_provider: str | None,
        token_arn: str | None,
    ) -> None:
        super().__init__(name, labels)
        self._account = account
        self._project = project
        self._backend = backend
        self._token_arn = token_arn
        self._bucket_key = SecretsProvider.of(secrets_provider) if secrets_provider else None
        self._arns: dict[str, pulumi.Output[str]] = {}
        self.secrets: Mapping[str, str] = {"PULUMI_ACCESS_TOKEN": token_arn} if token_arn else {}
        self.register_outputs({})

    def variables(self, secrets_provider: str | None) -> Mapping[str, str]:
        """Return the variables of the Pulumi CLI for a stack with this secrets provider."""
        return {
            "PULUMI_BACKEND_URL": self._backend,
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            **({"SECRETS_PROVIDER": secrets_provider} if secrets_provider else {}),
        }

    def grant(self, role: iam.Role, stack: str, secrets_provider: str | None, access: Access) -> iam.RolePolicy:
        """Let `role` preview or deploy a stack: its own objects, and the keys of the bucket and of its secrets."""
        if self._token_arn is not None:
            return grant(self, role, allow(["secretsmanager:GetSecretValue"], self._token_arn))
        statements: list[Statement] = [
            *on_bucket(self._account, bucket_name(self._backend), self._project, stack, access)
        ]
        if self._bucket_key is not None:
            statements.append(on_bucket_key(self._account, self._key_arn(self._bucket_key), access))
        if secrets_provider and (provider := SecretsProvider.of(secrets_provider)):
            statements.append(on_secrets_key(self._key_arn(provider), provider.context, access))
        return grant(self, role, *statements)

    def _key_arn(self, provider: SecretsProvider) -> pulumi.Output[str]:
        """Return the key's own ARN, because IAM does not accept aliases."""
        if provider.key.startswith("arn:"):
            return pulumi.Output.from_input(provider.key)
        if provider.key not in self._arns:
            kms_key = kms.get_key_output(key_id=provider.key, region=provider.region)
            self._arns[provider.key] = kms_key.apply(lambda key: key.arn)
        return self._arns[provider.key]


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
        self.role = iam.Role(name, assume_role_policy=trust("codebuild", account.id), **self.named(name))
        log_group = logs.group("codebuild", name, parent=self)
        statements = [allow(["logs:CreateLogStream", "logs:PutLogEvents"], pulumi.Output.concat(log_group.arn, ":*"))]
        if report is not None:
            statements.append(allow([*_REPORT, *_CASES], self._report_group(report).arn))
        if assumes is not None:
            statements.append(allow(["sts:AssumeRole"], assumes))
        runs = grant(self, self.role, *statements, *more)
        self.project_arn = codebuild.Project(
            name,
            service_role=self.role.arn,
            source={"type": "CODEPIPELINE", "buildspec": buildspec},
            artifacts={"type": "CODEPIPELINE"},
            environment=_environment(variables, secrets),
            encryption_key=key_arn,
            logs_config=_logs(log_group),
            build_timeout=timeout,
            # Minutes. If no machine is free by then, start the execution again.
            queued_timeout=60,
            **self.named(name, depends_on=[runs]),
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
