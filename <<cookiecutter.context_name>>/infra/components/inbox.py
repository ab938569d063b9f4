"""Where partners' lists arrive: the bucket, SFTP before it, and the events that start an import."""

from collections.abc import Sequence
from typing import Literal

import pulumi
from pulumi_aws import iam, s3, transfer

from ..account import Account
from ..alerts import Alerts
from ..labels import Labels
from ..logs import Logs
from ..policy import Statement, allow, grant, trust
from ..settings import Settings
from . import _sftp, _uploads
from ._bucket import private_bucket
from ._component import Component
from ._watch_queue import watch_dead_letters

Folder = Literal["incoming", "staging", "reports"]

_STAGING = {
    "id": "staging",
    "status": "Enabled",
    "filter": {"prefix": "staging/"},
    "expiration": {"days": 7},
    "noncurrent_version_expiration": {"noncurrent_days": 1},
}


class Inbox(Component):
    """A bucket with the folders incoming, staging and reports, and the way into it that the stack's settings choose.

    `server_id` and `endpoint` are None without SFTP. `starter` is the role that starts imports.
    """

    urn_type = "bounded-context:infra:Inbox"

    def __init__(
        self,
        name: str,
        labels: Labels,
        account: Account,
        logs: Logs,
        key_arn: pulumi.Input[str],
        alerts: Alerts,
        settings: Settings,
    ) -> None:
        super().__init__(name, labels)
        self._account = account
        self._key_arn = key_arn
        self._alerts = alerts
        self._settings = settings
        self._bucket = private_bucket(self, name, key_arn, protect=settings.protect, expiry=[_STAGING])
        self.bucket_name = self._bucket.id
        self.starter = iam.Role(
            "uploads",
            name=labels.name("uploads"),
            assume_role_policy=trust("events", account.id),
            tags=labels.tags,
            opts=self.child(),
        )
        self.server_id, self.endpoint = self._sftp(logs)
        self._open_to_partners()
        self.register_outputs({"bucket": self.bucket_name})

    @property
    def event_source(self) -> str:
        """The source of the events that say that a file has arrived."""
        return "aws.s3" if self.server_id is None else self._settings.upload_event_source

    @property
    def rules(self) -> dict[str, str]:
        """What each rule that starts imports waits for, with the rule's name."""
        return {rule.name: self.labels.name(rule.name) for rule in self._rules()}

    def start_on_upload(self, machine_alias_arn: pulumi.Input[str], permission: iam.RolePolicy) -> pulumi.Output[str]:
        """Start the machine for each file that arrives, once `permission` lets `starter` do so.

        Returns the URL of the queue of undelivered events.
        """
        lost = _uploads.start(self, self._rules(), machine_alias_arn, self.starter, self._key_arn, permission)
        says = "Uploads could not start an import for a whole day: nobody knows of these lists but their partners."
        watch_dead_letters(self, self._alerts, _uploads.DEAD_LETTERS, lost, "critical", says)
        return lost.url

    def grant_objects(
        self,
        role: iam.Role,
        *,
        read: Sequence[Folder] = (),
        write: Sequence[Folder] = (),
        list_: Sequence[Folder] = (),
    ) -> iam.RolePolicy:
        """Let `role` read, write and list objects of these folders; what has arrived is read by its version."""
        statements = [
            *(allow(_read_actions(folder), self._objects(folder)) for folder in read),
            *(allow(["s3:PutObject"], self._objects(folder)) for folder in write),
            *(self._list(folder) for folder in list_),
        ]
        return grant(self, role, *statements)

    def _objects(self, folder: Folder) -> pulumi.Output[str]:
        return pulumi.Output.concat(self._bucket.arn, f"/{folder}/*")

    def _list(self, folder: Folder) -> Statement:
        # Reading what is not there is a 404 only for a role that may list; a read has no prefix, hence IfExists.
        condition = {"StringLikeIfExists": {"s3:prefix": f"{folder}/*"}}
        return allow(["s3:ListBucket"], self._bucket.arn, Condition=condition)

    def _sftp(self, logs: Logs) -> tuple[pulumi.Output[str] | None, pulumi.Output[str] | None]:
        if self._settings.sftp == "none":
            s3.BucketNotification(f"{self.name}-events", bucket=self._bucket.id, eventbridge=True, opts=self.child())
            return None, None
        if self._settings.sftp_server_id is not None:
            shared = self._settings.sftp_server_id
            return pulumi.Output.from_input(shared), _sftp.endpoint_of(shared, self._account)
        server: transfer.Server = _sftp.server(self, "sftp", logs)
        return server.id, server.endpoint

    def _open_to_partners(self) -> None:
        if self.server_id is None:
            return
        for partner, public_keys in self._settings.partners.items():
            _sftp.user(
                self,
                partner,
                public_keys,
                server_id=self.server_id,
                bucket=self._bucket,
                key_arn=self._key_arn,
                account=self._account,
            )

    def _rules(self) -> list[_uploads.Rule]:
        if self.server_id is None:
            return _uploads.s3_rules(self._bucket.id)
        users = list(self._settings.partners) if self._settings.sftp == "shared" else None
        return _uploads.sftp_rules(self._settings.upload_event_source, self.server_id, self._bucket.id, users)


def _read_actions(folder: Folder) -> list[str]:
    return ["s3:GetObject", "s3:GetObjectVersion"] if folder == "incoming" else ["s3:GetObject"]
