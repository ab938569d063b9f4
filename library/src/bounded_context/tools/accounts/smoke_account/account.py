"""A stack on a real account, created by the Pulumi CLI with the settings of `dev`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from botocore.exceptions import ClientError

from ....configuration.project import Project
from ...command.aws_errors import Refused, code
from ...local.partner import NAME as PARTNER
from ...local.sftp import INCOMING, Login, SftpEndpoint
from ...local.subscribers import Subscriber
from ...release.package import build_lambda
from ..throwaway import MODEL, Services, Throwaway, release
from .concurrency import refuse_too_few

PATIENCE: Final = 900.0
"""Seconds. A new stream, event source mapping or bucket delivers its first events after some minutes."""


class Account:
    """A World on AWS. The stack's file is in the repository while the stack exists."""

    patience = PATIENCE

    def __init__(
        self,
        project: Project,
        stack: str,
        build: Callable[[Project], object] = build_lambda,
        patience: float = PATIENCE,
    ) -> None:
        """Set the stack's name; `build` packages the code.

        Raises:
            Refused: the settings of `dev` are missing or cannot be read.
        """
        self.stack = stack
        self.patience = patience
        self.code = project.build / "code.zip"
        self._project = project
        self._build = build
        self._made = Throwaway(project, stack)
        self._login = Login.with_new_key(PARTNER)
        self._outputs: Mapping[str, Any] = {}
        self._began = False

    @property
    def aws(self) -> Services:
        """The account, in the stack's region."""
        return self._made.aws

    def check(self) -> str:
        """Return a description of the account. Raises Refused if the stack exists, or cannot be created or removed."""
        self._check_name()
        if self._made.setting("protect") is not False:
            raise Refused(f"Pulumi.{MODEL}.yaml does not set protect: false, so a stack like it cannot be destroyed.")
        if self.stack in self._made.pulumi.there():
            raise Refused(f"The stack {self.stack} exists: choose a new name, since the stack is destroyed at the end.")
        account = self.aws.caller()["Account"]
        self._check_concurrency()
        self._check_table()
        return f"account {account}, {self.aws.region}"

    def deploy(self) -> Mapping[str, Any]:
        """Build the package and create the stack. Return its outputs."""
        self._build(self._project)
        self._began = True
        # Without filters, each subscriber gets every event. The stack has no other partner.
        partner = {"partners": {PARTNER: {"public_keys": [self._login.public_key]}}}
        self._made.write(filters=None, **(partner if self._made.setting("sftp") != "none" else {}))
        self._made.init()
        self._outputs = self._made.pulumi.up()
        return self._outputs

    def send(self, name: str, content: bytes) -> None:
        """Upload a file over SFTP, or to the bucket if the stack has no SFTP."""
        if sftp := self._outputs["sftp"]:
            SftpEndpoint(sftp["endpoint"], 22).write(self._login, f"{INCOMING}/{name}", content)
        else:
            bucket, key = self._outputs["inbox_bucket"], f"incoming/{PARTNER}/{name}"
            self.aws.call("s3", "put_object", Bucket=bucket, Key=key, Body=content)

    def subscribers(self) -> Sequence[Subscriber]:
        """Return readers of the subscribers' queues, which delete the messages they read."""
        return [Subscriber(self.aws, name, url) for name, url in self._outputs["queues"].items()]

    def release(self) -> tuple[int, Mapping[str, Any]]:
        """Run the driver like `context rollout start`."""
        return release(self.stack, self._outputs)

    def destroy(self) -> None:
        """Destroy and remove the stack, and delete its file. The file stays while resources remain."""
        if self._began:
            self._made.remove()

    def _check_name(self) -> None:
        self._made.check_name()
        if self._made.file.exists():
            raise Refused(f"{self._made.file} exists: choose a new name, such as smoke.")

    def _check_concurrency(self) -> None:
        """Reject an account whose limit of concurrent executions is too low for the stack."""
        limit = self.aws.call("lambda", "get_account_settings")["AccountLimit"]
        refuse_too_few(self._made.settings(), limit)

    def _check_table(self) -> None:
        """Reject a stack that is deployed from another state, because its names would conflict."""
        table = self._made.labels.name("table")
        try:
            self.aws.call("dynamodb", "describe_table", TableName=table)
        except ClientError as error:
            if code(error) != "ResourceNotFoundException":
                raise
        else:
            raise Refused(f"The account has a table {table} already: choose a new name of a stack.")
