"""A real account, as a place to try a stack: made by the Pulumi CLI, with the settings of `dev`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from botocore.exceptions import ClientError

from ..local.partner import NAME as PARTNER
from ..local.sftp import INCOMING, Login, SftpEndpoint
from ..local.subscribers import Subscriber
from ..package import build_lambda
from ..project import Project
from ..rollout.errors import Refused, code
from .concurrency import refuse_too_few
from .throwaway import MODEL, Services, Throwaway, release

PATIENCE: Final = 900.0
"""Seconds: a new stream, mapping or bucket takes some minutes until it tells of what happens in it."""


class Account:
    """A World on AWS. Its stack's file lies in the repository for as long as the stack is there."""

    patience = PATIENCE

    def __init__(
        self,
        project: Project,
        stack: str,
        build: Callable[[Project], object] = build_lambda,
        patience: float = PATIENCE,
    ) -> None:
        """Name the stack; `build` packages the code.

        Raises:
            Refused: there are no settings to take, or they cannot be read.
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
        """Say which account it is. Raises Refused if the stack exists, or could not be made or destroyed."""
        self._check_name()
        if self._made.setting("protect") is not False:
            raise Refused(f"Pulumi.{MODEL}.yaml does not have protect: false, so no stack like it can be destroyed.")
        if self.stack in self._made.pulumi.there():
            raise Refused(
                f"The stack {self.stack} exists: write a name that none has, since it is destroyed at the end."
            )
        account = self.aws.caller()["Account"]
        self._check_concurrency()
        self._check_table()
        return f"account {account}, {self.aws.region}"

    def deploy(self) -> Mapping[str, Any]:
        """Build the package, and make the stack; returns its outputs."""
        self._build(self._project)
        self._began = True
        # Each subscriber is to get every event, and the partner of this run is the only one.
        partner = {"partners": {PARTNER: {"public_keys": [self._login.public_key]}}}
        self._made.write(filters=None, **(partner if self._made.setting("sftp") != "none" else {}))
        self._made.init()
        self._outputs = self._made.pulumi.up()
        return self._outputs

    def send(self, name: str, content: bytes) -> None:
        """Upload a file over SFTP, or put it into the bucket of a stack without."""
        if sftp := self._outputs["sftp"]:
            SftpEndpoint(sftp["endpoint"], 22).write(self._login, f"{INCOMING}/{name}", content)
        else:
            bucket, key = self._outputs["inbox_bucket"], f"incoming/{PARTNER}/{name}"
            self.aws.call("s3", "put_object", Bucket=bucket, Key=key, Body=content)

    def subscribers(self) -> Sequence[Subscriber]:
        """Readers of the subscribers' queues, who take out what they read."""
        return [Subscriber(self.aws, name, url) for name, url in self._outputs["queues"].items()]

    def release(self) -> tuple[int, Mapping[str, Any]]:
        """Run the driver as `just rollout start` does."""
        return release(self.stack, self._outputs)

    def destroy(self) -> None:
        """Destroy the stack, remove it, and its file with it; the file stays as long as something is left."""
        if self._began:
            self._made.remove()

    def _check_name(self) -> None:
        self._made.check_name()
        if self._made.file.exists():
            raise Refused(f"{self._made.file} exists: write a name that no stack has, such as smoke.")

    def _check_concurrency(self) -> None:
        """Refuse an account whose functions may not run as often at a time as the stack's have to."""
        limit = self.aws.call("lambda", "get_account_settings")["AccountLimit"]
        refuse_too_few(self._made.settings(), limit)

    def _check_table(self) -> None:
        """Refuse a stack that is deployed from another state: its names would be taken."""
        table = self._made.labels.name("table")
        try:
            self.aws.call("dynamodb", "describe_table", TableName=table)
        except ClientError as error:
            if code(error) != "ResourceNotFoundException":
                raise
        else:
            raise Refused(f"The account has a table {table} already: write a name that no stack has.")
