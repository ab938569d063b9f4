"""Policy documents and the one way to give a role a permission."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_aws import iam

Statement = Mapping[str, Any]
"""A statement of an IAM policy, by its members: ``Action``, ``Resource`` and the others."""


def document(*statements: Statement) -> pulumi.Output[str]:
    """The policy of these statements as JSON text; Outputs inside are awaited."""
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: Sequence[str], *resources: pulumi.Input[str], **more: Any) -> Statement:
    """A statement that allows named actions on named resources; `more` adds Condition or Principal."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources), **more}


def only_over_tls(actions: str, *resources: pulumi.Input[str]) -> Statement:
    """A statement of a resource's own policy that refuses every call without TLS."""
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": actions,
        "Resource": list(resources),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def trust(service: str, account_id: pulumi.Input[str] | None = None) -> pulumi.Output[str]:
    """The document that lets `service` assume a role; `account_id` where the service says for whom it acts."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    if account_id is not None:
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": account_id}}
    return document(statement)


def grant(owner: pulumi.ComponentResource, role: iam.Role, *statements: Statement) -> iam.RolePolicy:
    """Give `role` what `owner` allows: one policy for each pair, named after both."""
    return iam.RolePolicy(
        f"{owner.pulumi_resource_name}-to-{role.pulumi_resource_name}",
        name=owner.pulumi_resource_name,
        role=role.name,
        policy=document(*statements),
        opts=pulumi.ResourceOptions(parent=owner),
    )
