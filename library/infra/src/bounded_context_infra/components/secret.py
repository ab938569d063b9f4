"""A secret that functions read."""

import pulumi
from pulumi_aws import iam, secretsmanager

from bounded_context_infra._parts import Component, Stack, allow, grant

RECOVERY_DAYS = 30
"""The longest recovery window of Secrets Manager (API reference, DeleteSecret: RecoveryWindowInDays)."""


class Secret(Component):
    """A secret without its value. A person or a rotation sets the value, so no program, plan or state contains it.

    If the stack does not protect its data, removal is immediate and final, and frees the name for the next stack.
    """

    urn_type = "bounded-context:infra:Secret"

    def __init__(self, name: str, stack: Stack, *, opts: pulumi.ResourceOptions | None = None) -> None:
        labels, protect = stack.labels, stack.settings.protect
        super().__init__(name, labels, opts)
        self.secret = secretsmanager.Secret(
            name,
            name=labels.name(name),
            description="Its value is put by hand or by a rotation, never by the program that made it.",
            kms_key_id=stack.key.arn,
            recovery_window_in_days=RECOVERY_DAYS if protect else 0,
            tags=labels.tags,
            opts=self.stateful(protect),
        )
        self.arn = self.secret.arn
        self.register_outputs({"arn": self.arn})

    def grant_read(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` read the value. The role also needs the stack's key, which every function may use."""
        return grant(self, role, allow(["secretsmanager:GetSecretValue"], self.arn))
