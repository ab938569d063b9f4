"""The delivery of exported files to a partner's own SFTP server."""

from collections.abc import Sequence

import pulumi
from pulumi_aws import cloudwatch, iam, transfer

from bounded_context_infra._parts import MINUTE, Component, Stack, Target, allow, called_by, grant, trust

_POLICY = "TransferSFTPConnectorSecurityPolicy-2024-03"
_ENDED = ("SFTP Connector File Send Completed", "SFTP Connector File Send Failed")
"""Transfer Family user guide, "Managing Transfer Family events using Amazon EventBridge"."""

_WRITE_LOG = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")


class Delivery(Component):
    """A connector of Transfer Family to a partner's server, and its role.

    AWS requires read and write access to the folder of the sent files, and to the secret (Transfer Family API
    reference, CreateConnector, AccessRole). The role has it for the partner's folder alone. It also writes the log of
    the connector (AWS managed policy AWSTransferLoggingAccess), whose group Transfer names by the connector's id.
    """

    urn_type = "bounded-context:infra:Delivery"

    def __init__(
        self,
        name: str,
        stack: Stack,
        partner: str,
        *,
        url: str,
        host_keys: Sequence[str],
        secret_arn: pulumi.Input[str],
        bucket: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Connect to the server at `url`, which has one of `host_keys`, and send files of `partner` in the bucket."""
        super().__init__(name, stack.labels, opts)
        role = iam.Role(name, assume_role_policy=trust("transfer", stack.account.id), **self.named(name))
        bucket_arn, folder = stack.account.arn_of("s3:::", bucket), f"outgoing/{partner}"
        permissions = grant(
            self,
            role,
            allow(
                ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                pulumi.Output.concat(bucket_arn, f"/{folder}/*"),
            ),
            allow(["s3:ListBucket"], bucket_arn, Condition={"StringLike": {"s3:prefix": [folder, f"{folder}/*"]}}),
            allow(["s3:GetBucketLocation"], bucket_arn),
            allow(["secretsmanager:GetSecretValue"], secret_arn),
            allow(["kms:Decrypt", "kms:GenerateDataKey"], stack.key.arn),
            # The connector's id is unknown before the connector exists, and the connector checks its role.
            allow(_WRITE_LOG, stack.account.arn("logs", "log-group:/aws/transfer/c-*")),
        )
        self.connector = transfer.Connector(
            name,
            access_role=role.arn,
            logging_role=role.arn,
            url=url,
            security_policy_name=_POLICY,
            sftp_config={"user_secret_id": secret_arn, "trusted_host_keys": list(host_keys)},
            tags=self.labels.tags,
            opts=self.child(depends_on=[permissions]),
        )
        self.register_outputs({"connector_id": self.connector.id})

    def announce(self, target: Target) -> None:
        """Call a function when a transfer has ended. The function asks for the outcome, also without an event."""
        name = f"{self.name}-ended"
        detail = {"connector-id": [self.connector.id]}
        pattern = pulumi.Output.json_dumps({"source": ["aws.transfer"], "detail-type": _ENDED, "detail": detail})
        rule = cloudwatch.EventRule(name, event_pattern=pattern, **self.named(name))
        permission = called_by(self, name, target.alias, "events", rule.arn)
        # The next call of the schedule does the same, in a quarter of an hour.
        cloudwatch.EventTarget(
            name,
            rule=rule.name,
            arn=target.alias_arn,
            input="{}",
            retry_policy={"maximum_event_age_in_seconds": 15 * MINUTE, "maximum_retry_attempts": 2},
            opts=self.child(depends_on=[permission]),
        )
