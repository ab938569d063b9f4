"""IAM policy documents, and the function that grants a permission to a role."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_aws import iam

Statement = Mapping[str, Any]
"""A statement of an IAM policy, by its members such as ``Action`` and ``Resource``."""


def document(*statements: Statement) -> pulumi.Output[str]:
    """Return the policy of the given statements as JSON text; Outputs inside are awaited."""
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: Sequence[str], *resources: pulumi.Input[str], **more: Any) -> Statement:
    """Return a statement that allows the given actions on the given resources; `more` adds Condition or Principal."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources), **more}


def only_over_tls(actions: str, *resources: pulumi.Input[str]) -> Statement:
    """Return a statement of a resource policy that denies every call without TLS."""
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": actions,
        "Resource": list(resources),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def trust(
    service: str, account_id: pulumi.Input[str] | None = None, source_arn: pulumi.Input[str] | None = None
) -> pulumi.Output[str]:
    """Return the policy that lets `service` assume a role.

    `account_id` is for services that send aws:SourceAccount, `source_arn` for services that send aws:SourceArn.
    """
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    sent = {"aws:SourceAccount": account_id, "aws:SourceArn": source_arn}
    if equals := {key: value for key, value in sent.items() if value is not None}:
        statement["Condition"] = {"StringEquals": equals}
    return document(statement)


def grant(owner: pulumi.ComponentResource, role: iam.Role, *statements: Statement) -> iam.RolePolicy:
    """Give `role` the permissions of `owner`, in a policy that is named after both."""
    return iam.RolePolicy(
        f"{owner.pulumi_resource_name}-to-{role.pulumi_resource_name}",
        name=owner.pulumi_resource_name,
        role=role.name,
        policy=document(*statements),
        opts=pulumi.ResourceOptions(parent=owner),
    )
