"""The inbox of partners' lists: the bucket, the SFTP access, and the events that start an import."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi.runtime import is_config_secret
from pulumi_aws import iam, s3, transfer

from bounded_context_infra._parts import (
    DOWNLOADS_DEAD_LETTERS,
    FOLDERS,
    UPLOADS_DEAD_LETTERS,
    Component,
    Folder,
    SettingError,
    Stack,
    Startable,
    Statement,
    Target,
    UploadRule,
    allow,
    call_on_download,
    grant,
    private_bucket,
    require_encrypted,
    s3_rules,
    scan_rules,
    scan_statements,
    scan_uploads,
    sftp_addresses,
    sftp_endpoint,
    sftp_folders,
    sftp_name,
    sftp_network,
    sftp_rules,
    sftp_server,
    sftp_user,
    start_on_upload,
    trust,
    unwritable,
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


def _folder(name: str, days: int) -> dict[str, Any]:
    files = {"and": {"prefix": f"{name}/", "object_size_greater_than": _FOLDER_BYTES}}
    return {"id": name, "status": "Enabled", "filter": files, "expiration": {"days": days}}


class Inbox(Component):
    """A bucket with the folders incoming, staging and reports, and the upload access that the stack's settings choose.

    `server_id` and `endpoint` are None without SFTP. `login` has the own server's fingerprint and addresses. `starter`
    is the role that starts imports. `dead_letter_queues` has the URL of the queue of uploads that started no import.
    """

    urn_type = "bounded-context:infra:Inbox"

    def __init__(self, name: str, stack: Stack, *, opts: pulumi.ResourceOptions | None = None) -> None:
        labels, settings = stack.labels, stack.settings
        super().__init__(name, labels, opts)
        self._stack = stack
        self.dead_letter_queues: dict[str, pulumi.Output[str]] = {}
        self._gated = settings.malware != "none"
        self.login: Mapping[str, Any] = {}
        receivers = self._partners_with_files()
        self._fetching = receivers - settings.deliveries.keys()
        folders = {"incoming": settings.incoming_days, "reports": settings.reports_days}
        folders |= {"outgoing": settings.outgoing_days} if receivers else {}
        self.bucket = private_bucket(
            self,
            name,
            stack.key.arn,
            protect=settings.protect,
            expiry=[_STAGING, *(_folder(folder, days) for folder, days in folders.items())],
            statements=lambda arn: scan_statements(self, stack.account, arn) if self._gated else [],
        )
        self.bucket_name = self.bucket.id
        self.starter = iam.Role(
            "uploads", assume_role_policy=trust("events", stack.account.id), **self.named("uploads")
        )
        self._send_events()
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
        """Let `role` read, write and list objects of the given folders; uploads are read by version."""
        statements = [
            *(allow(self._read_actions(folder), self._objects(folder)) for folder in read),
            *(allow(["s3:PutObject"], self._objects(folder)) for folder in write),
            *(self._list(folder) for folder in list_),
        ]
        return grant(self, role, *statements)

    def _read_actions(self, folder: Folder) -> list[str]:
        if folder != "incoming":
            return ["s3:GetObject"]
        # The result of a scan is a tag.
        return ["s3:GetObject", "s3:GetObjectVersion", *(["s3:GetObjectVersionTagging"] if self._gated else [])]

    def _objects(self, folder: Folder) -> pulumi.Output[str]:
        return pulumi.Output.concat(self.bucket.arn, f"/{folder}/*")

    def _list(self, folder: Folder) -> Statement:
        # A read of a missing object is a 404 only for a role that may list. A read has no prefix, hence IfExists.
        condition = {"StringLikeIfExists": {"s3:prefix": f"{folder}/*"}}
        versions = ["s3:ListBucketVersions"] if folder == "incoming" else []
        return allow(["s3:ListBucket", *versions], self.bucket.arn, Condition=condition)

    def _send_events(self) -> None:
        """Let S3 and GuardDuty announce uploads to EventBridge, as far as the settings need it."""
        if self._stack.settings.sftp != "none" and not self._gated:
            return
        events = s3.BucketNotification(
            f"{self.name}-events", bucket=self.bucket.id, eventbridge=True, opts=self.child()
        )
        if self._gated:
            scan_uploads(self, self._stack.account, self.bucket, self._stack.key.arn, events)

    def _sftp(self) -> tuple[pulumi.Output[str] | None, pulumi.Output[str] | None]:
        settings = self._stack.settings
        if settings.sftp == "none":
            return None, None
        if settings.sftp_server_id is not None:
            shared = settings.sftp_server_id
            return pulumi.Output.from_input(shared), sftp_endpoint(shared, self._stack.account)
        server = self._own_server()
        return server.id, server.endpoint

    def _own_server(self) -> transfer.Server:
        settings, vpc, key = self._stack.settings, self._stack.settings.sftp_vpc, self._stack.settings.sftp_host_key
        if key is not None:
            require_encrypted(key, secret=is_config_secret(pulumi.Config().full_key("sftp_host_key")))
        addresses = sftp_addresses(self, "sftp", vpc, protect=settings.protect) if vpc else []
        allowed = {name: partner.addresses for name, partner in settings.partners.items()}
        server = sftp_server(
            self,
            "sftp",
            self._stack.logs,
            security_policy=settings.sftp_security_policy,
            host_key=None if key is None else key.get_secret_value(),
            vpc=sftp_network(self, "sftp", vpc, addresses, allowed) if vpc else None,
        )
        if settings.sftp_host_zone and settings.sftp_host_name:
            sftp_name(self, "sftp-name", settings.sftp_host_name, settings.sftp_host_zone, server.endpoint)
        public = [address.public_ip for address in addresses]
        self.login = {"host_key_fingerprint": server.host_key_fingerprint, "addresses": public}
        return server

    def _partners_with_files(self) -> frozenset[str]:
        """Return the partners of exports.

        Raises SettingError for a partner without a home on the server, or with a format that is not written.
        """
        settings, exports = self._stack.settings, self._stack.context.exports
        for partner, export in ((partner, each) for each in exports for partner in each.partners):
            if settings.sftp != "none" and partner not in settings.partners:
                remedy = "add the partner, or remove it from partners of the export"
                raise SettingError("partners", f"lacks {partner!r}, for whom {export.name} writes files: {remedy}.")
            form = settings.partners[partner].format if partner in settings.partners else None
            if form and (fault := unwritable(form, export, self._stack.context)):
                raise SettingError("partners", f"has a format of {partner} that {export.name} cannot have: {fault}.")
        return frozenset(partner for export in exports for partner in export.partners)

    def _open_to_partners(self) -> None:
        if self.server_id is None:
            return
        for name, partner in self._stack.settings.partners.items():
            if not partner.has_home:
                continue
            folders = (*FOLDERS, "outgoing") if name in self._fetching else FOLDERS
            if self._stack.settings.sftp_server_id is not None:
                sftp_folders(self, name, self.bucket, folders)
            sftp_user(
                self,
                name,
                partner,
                server_id=self.server_id,
                bucket=self.bucket,
                key_arn=self._stack.key.arn,
                account=self._stack.account,
                folders=folders,
            )

    def announce_downloads(self, target: Target) -> None:
        """Call a function for each file that a partner has read from the folder outgoing of the SFTP server.

        Transfer Family user guide, "Managing Transfer Family events using Amazon EventBridge".
        """
        if self.server_id is None or not self._fetching:
            return
        source, path = self._stack.settings.upload_event_source, pulumi.Output.concat("/", self.bucket.id, "/outgoing/")
        lost = call_on_download(self, source, self.server_id, path, target, self._stack.key.arn)
        watch_dead_letters(self._stack.alerts, DOWNLOADS_DEAD_LETTERS, lost, "warning")
        self.dead_letter_queues["downloads"] = lost.url

    def _rules(self) -> list[UploadRule]:
        settings = self._stack.settings
        scans = scan_rules(self.bucket.id) if self._gated else []
        if self.server_id is None:
            return [*s3_rules(self.bucket.id), *scans]
        users = list(settings.partners) if settings.sftp == "shared" else None
        return [*sftp_rules(settings.upload_event_source, self.server_id, self.bucket.id, users), *scans]
