"""A real account, as a place to try a stack: made by the Pulumi CLI, with the settings of `dev`."""

import io
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Final

import boto3
import yaml
from botocore.exceptions import ClientError, NoCredentialsError

from ..infra.labels import LabelError, Labels
from ..local.partner import NAME as PARTNER
from ..local.sftp import INCOMING, Login, SftpEndpoint
from ..local.subscribers import Subscriber
from ..package import build_lambda
from ..project import Project
from ..rollout.cli import main as rollout
from ..rollout.errors import INTERRUPTED, Refused, code
from .pulumi_cli import Pulumi

PATIENCE: Final = 900.0
"""Seconds: a new stream, mapping or bucket takes some minutes until it tells of what happens in it."""

MODEL: Final = "dev"
"""The stack whose settings a throw-away stack has."""


class Services:
    """The account of whoever calls, in one region."""

    def __init__(self, region: str) -> None:
        self.region = region
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """Return the service's client, with boto3's own configuration."""
        if service not in self._clients:
            made: Any = boto3.client
            self._clients[service] = made(service, region_name=self.region)
        return self._clients[service]

    def call(self, service: str, operation: str, **parameters: object) -> dict[str, Any]:
        """Call an operation by its boto3 name; a parameter that is None is not sent."""
        given = {name: value for name, value in parameters.items() if value is not None}
        return getattr(self.client(service), operation)(**given)


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
        self._model = _settings(project.service / f"Pulumi.{MODEL}.yaml")
        self._config: dict[str, Any] = self._model.get("config", {})
        self.aws = Services(str(self._config.get("aws:region", "")))
        self._file = project.service / f"Pulumi.{stack}.yaml"
        self._pulumi = Pulumi(stack, project.service)
        self._login = Login.with_new_key(PARTNER)
        self._outputs: Mapping[str, Any] = {}
        self._began = False

    def check(self) -> str:
        """Say which account it is. Raises Refused if the stack exists, or could not be made or destroyed."""
        self._check_name()
        if self._settings("protect") is not False:
            raise Refused(f"Pulumi.{MODEL}.yaml does not have protect: false, so no stack like it can be destroyed.")
        if self.stack in self._pulumi.there():
            raise Refused(
                f"The stack {self.stack} exists: write a name that none has, since it is destroyed at the end."
            )
        account = self._account()
        self._check_table()
        return f"account {account}, {self.aws.region}"

    def deploy(self) -> Mapping[str, Any]:
        """Build the package, and make the stack; returns its outputs."""
        self._build(self._project)
        self._began = True
        self._write_file()
        self._pulumi.make(str(self._model.get("secretsprovider", "")))
        self._outputs = self._pulumi.outputs()
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
        printed = io.StringIO()
        with tempfile.TemporaryDirectory() as folder:
            outputs = Path(folder) / "outputs.json"
            outputs.write_text(json.dumps(dict(self._outputs)))
            with redirect_stdout(printed):
                status = rollout(["start", self.stack, "--outputs", str(outputs), "--json"])
        if status == INTERRUPTED:
            raise KeyboardInterrupt
        return status, json.loads(printed.getvalue())

    def destroy(self) -> None:
        """Destroy the stack, remove it, and its file with it; the file stays as long as something is left."""
        if self._began:
            if self.stack in self._pulumi.there():
                self._pulumi.remove()
            self._file.unlink(missing_ok=True)

    def _check_name(self) -> None:
        try:
            self._labels.bucket("given-up")
            for function in self._project.context.functions:
                self._labels.name(function)
        except LabelError as error:
            raise Refused(str(error)) from error
        if self._file.exists():
            raise Refused(f"{self._file} exists: write the name of a stack that nobody has, such as smoke.")

    @property
    def _labels(self) -> Labels:
        return Labels(self._project.context.name, self.stack, self._project.context.owner)

    def _account(self) -> str:
        try:
            return self.aws.call("sts", "get_caller_identity")["Account"]
        except NoCredentialsError as error:
            raise Refused("There are no AWS credentials: log in, or set AWS_PROFILE, and try again.") from error

    def _check_table(self) -> None:
        """Refuse a stack that is deployed from another state: its names would be taken."""
        table = self._labels.name("table")
        try:
            self.aws.call("dynamodb", "describe_table", TableName=table)
        except ClientError as error:
            if code(error) != "ResourceNotFoundException":
                raise
        else:
            raise Refused(f"The account has a table {table} already: write the name of a stack that nobody has.")

    def _write_file(self) -> None:
        prefix = f"{self._project.context.name}:"
        # Each subscriber is to get every event, and the partner of this run is the only one.
        config = {name: value for name, value in self._config.items() if name != f"{prefix}filters"}
        if self._settings("sftp") != "none":
            config[f"{prefix}partners"] = {PARTNER: {"public_keys": [self._login.public_key]}}
        self._file.write_text(yaml.safe_dump({"config": config}))

    def _settings(self, name: str) -> Any:
        return self._config.get(f"{self._project.context.name}:{name}")


def _settings(file: Path) -> dict[str, Any]:
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        raise Refused(f"{file} cannot be read ({error}): a throw-away stack has its settings.") from error
