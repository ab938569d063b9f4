"""The inbox of partners' lists: the bucket, the SFTP access, and the events that start an import."""

from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi_aws import iam, s3

from bounded_context.infra.parts import (
    UPLOADS_DEAD_LETTERS,
    Component,
    Folder,
    Settings,
    Stack,
    Startable,
    Statement,
    UploadRule,
    allow,
    grant,
    private_bucket,
    s3_rules,
    sftp_endpoint,
    sftp_folders,
    sftp_rules,
    sftp_server,
    sftp_user,
    start_on_upload,
    trust,
    watch_dead_letters,
)

_STAGING_DAYS = 30
"""Days for which intermediate files are stored: an execution may need them to complete or undo a list.

An execution takes a day at most (TimeoutSeconds of its definition), and again after a redrive, which is possible for 14
days after its end (AWS, "Restarting state machine executions with redrive"). Twice in a row, that is 30 days.
"""

_STAGING = {
    "id": "staging",
    "status": "Enabled",
    "filter": {"prefix": "staging/"},
    "expiration": {"days": _STAGING_DAYS},
    "noncurrent_version_expiration": {"noncurrent_days": 1},
}


_FOLDER_BYTES = 1
"""Larger objects expire. Empty objects are folders, which partners need. The provider ignores 0."""


def _expiry(settings: Settings) -> list[Any]:
    """Return the lifecycle rules of the folders whose objects expire."""
    return [_STAGING, _folder("incoming", settings.incoming_days), _folder("reports", settings.reports_days)]


def _folder(name: str, days: int) -> dict[str, Any]:
    files = {"and": {"prefix": f"{name}/", "object_size_greater_than": _FOLDER_BYTES}}
    return {"id": name, "status": "Enabled", "filter": files, "expiration": {"days": days}}


class Inbox(Component):
    """A bucket with the folders incoming, staging and reports, and the upload access that the stack's settings choose.

    `server_id` and `endpoint` are None without SFTP. `starter` is the role that starts imports. `dead_letter_queues`
    has the URL of the queue of uploads that started no import.
    """

    urn_type = "bounded-context:infra:Inbox"

    def __init__(self, name: str, stack: Stack) -> None:
        labels, settings = stack.labels, stack.settings
        super().__init__(name, labels)
        self._stack = stack
        self.dead_letter_queues: dict[str, pulumi.Output[str]] = {}
        self.bucket = private_bucket(self, name, stack.key.arn, protect=settings.protect, expiry=_expiry(settings))
        self.bucket_name = self.bucket.id
        self.starter = iam.Role(
            "uploads",
            name=labels.name("uploads"),
            assume_role_policy=trust("events", stack.account.id),
            tags=labels.tags,
            opts=self.child(),
        )
        self.server_id, self.endpoint = self._sftp()
        self._open_to_partners()
        self.register_outputs({"bucket": self.bucket_name})

    @property
    def event_source(self) -> str:
        """The source of the events about uploads."""
        return "aws.s3" if self.server_id is None else self._stack.settings.upload_event_source

    @property
    def rules(self) -> dict[str, str]:
        """The names in AWS of the rules that start imports, by the event that they match."""
        return {rule.name: self.labels.name(rule.name) for rule in self._rules()}

    def start(self, workflow: Startable) -> None:
        """Start an execution of `workflow` for each uploaded file."""
        # Files may arrive during the first deployment. Their imports would fail without all permissions.
        permissions = [workflow.grant_start(self.starter), *workflow.permissions]
        key_arn = self._stack.key.arn
        lost = start_on_upload(self, self._rules(), workflow.alias_arn, self.starter, key_arn, permissions)
        watch_dead_letters(self._stack.alerts, UPLOADS_DEAD_LETTERS, lost, "critical")
        self.dead_letter_queues["uploads"] = lost.url

    def grant_objects(
        self,
        role: iam.Role,
        *,
        read: Sequence[Folder] = (),
        write: Sequence[Folder] = (),
        list_: Sequence[Folder] = (),
    ) -> iam.RolePolicy:
        """Let `role` read, write and list objects of these folders; uploads are read by version."""
        statements = [
            *(allow(_read_actions(folder), self._objects(folder)) for folder in read),
            *(allow(["s3:PutObject"], self._objects(folder)) for folder in write),
            *(self._list(folder) for folder in list_),
        ]
        return grant(self, role, *statements)

    def _objects(self, folder: Folder) -> pulumi.Output[str]:
        return pulumi.Output.concat(self.bucket.arn, f"/{folder}/*")

    def _list(self, folder: Folder) -> Statement:
        # A read of a missing object is a 404 only for a role that may list. A read has no prefix, hence IfExists.
        condition = {"StringLikeIfExists": {"s3:prefix": f"{folder}/*"}}
        return allow(_list_actions(folder), self.bucket.arn, Condition=condition)

    def _sftp(self) -> tuple[pulumi.Output[str] | None, pulumi.Output[str] | None]:
        settings = self._stack.settings
        if settings.sftp == "none":
            s3.BucketNotification(f"{self.name}-events", bucket=self.bucket.id, eventbridge=True, opts=self.child())
            return None, None
        if settings.sftp_server_id is not None:
            shared = settings.sftp_server_id
            return pulumi.Output.from_input(shared), sftp_endpoint(shared, self._stack.account)
        server = sftp_server(self, "sftp", self._stack.logs)
        return server.id, server.endpoint

    def _open_to_partners(self) -> None:
        if self.server_id is None:
            return
        for partner, public_keys in self._stack.settings.partners.items():
            if self._stack.settings.sftp_server_id is not None:
                sftp_folders(self, partner, self.bucket)
            sftp_user(
                self,
                partner,
                public_keys,
                server_id=self.server_id,
                bucket=self.bucket,
                key_arn=self._stack.key.arn,
                account=self._stack.account,
            )

    def _rules(self) -> list[UploadRule]:
        settings = self._stack.settings
        if self.server_id is None:
            return s3_rules(self.bucket.id)
        users = list(settings.partners) if settings.sftp == "shared" else None
        return sftp_rules(settings.upload_event_source, self.server_id, self.bucket.id, users)


def _read_actions(folder: Folder) -> list[str]:
    return ["s3:GetObject", "s3:GetObjectVersion"] if folder == "incoming" else ["s3:GetObject"]


def _list_actions(folder: Folder) -> list[str]:
    return ["s3:ListBucket", "s3:ListBucketVersions"] if folder == "incoming" else ["s3:ListBucket"]
