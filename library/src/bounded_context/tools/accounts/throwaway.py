"""Throw-away stacks with the settings of `dev`. Their settings file is in the repository while they exist."""

import io
import json
import tempfile
import threading
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Final

import boto3
import yaml
from botocore.exceptions import NoCredentialsError

from ...configuration.config import SettingError
from ...configuration.labels import LabelError, Labels
from ...configuration.project import Project
from ...configuration.settings import Settings
from ..command.application import run
from ..command.aws_errors import INTERRUPTED, Refused
from ..programs.pulumi_files import as_text, stack_file
from .pulumi_cli import Pulumi

MODEL: Final = "dev"
"""The stack whose settings a throw-away stack copies."""


class Services:
    """The clients of the caller's account, in a region."""

    def __init__(self, region: str) -> None:
        self.region = region
        self._clients: dict[str, Any] = {}
        self._making = threading.Lock()

    def client(self, service: str) -> Any:
        """Return the service's client with boto3's default configuration. All threads share it."""
        with self._making:
            if service not in self._clients:
                made: Any = boto3.client
                self._clients[service] = made(service, region_name=self.region)
            return self._clients[service]

    def call(self, service: str, operation: str, **parameters: object) -> dict[str, Any]:
        """Call an operation by its boto3 name. Parameters with the value None are omitted."""
        given = {name: value for name, value in parameters.items() if value is not None}
        return getattr(self.client(service), operation)(**given)

    def caller(self) -> Mapping[str, Any]:
        """Return the caller's identity from STS. Raises Refused without credentials."""
        try:
            return self.call("sts", "get_caller_identity")
        except NoCredentialsError as error:
            raise Refused("There are no AWS credentials: log in, or set AWS_PROFILE, and try again.") from error


class Throwaway:
    """A throw-away stack of a repository, named `stack`.

    Attributes:
        pulumi: the CLI for this stack.
        file: the stack's settings.
        labels: the names of its resources.
        aws: the account, in the region of `dev`.

    Raises:
        Refused: the settings of `dev` are missing or cannot be read.
    """

    def __init__(self, project: Project, stack: str) -> None:
        self.stack = stack
        self._project = project
        self._model = _read(stack_file(project.service, MODEL))
        self._config: dict[str, Any] = self._model.get("config", {})
        self.pulumi = Pulumi(stack, project.service)
        self.file = stack_file(project.service, stack)
        self.aws = Services(str(self._config.get("aws:region", "")))

    @property
    def _provider(self) -> str:
        return str(self._model.get("secretsprovider", ""))

    @property
    def labels(self) -> Labels:
        """The names of the stack's resources. Raises LabelError."""
        return Labels(self._project.context.name, self.stack, self._project.context.owner)

    def check_name(self) -> None:
        """Raise Refused if the stack's name cannot be part of AWS names."""
        try:
            self.labels.bucket("given-up")
            for function in self._project.context.functions:
                self.labels.name(function)
        except LabelError as error:
            raise Refused(str(error)) from error

    def setting(self, name: str) -> Any:
        """Return a setting of `dev`, or None if its file does not contain the setting."""
        return self._config.get(f"{self._project.context.name}:{name}")

    def settings(self) -> Settings:
        """Return the settings of `dev`, validated like in the program. Raises Refused."""
        start = f"{self._project.context.name}:"
        own = {key.removeprefix(start): as_text(value) for key, value in self._config.items() if key.startswith(start)}
        try:
            return Settings.from_config(self._project.context, own)
        except SettingError as error:
            raise Refused(f"{stack_file(self._project.service, MODEL)}: {error}") from error

    def write(self, **changes: Any) -> None:
        """Write the stack's file: the settings of `dev` with changes. None omits a setting.

        Pulumi's own entries in the file, such as the key of the secrets, are preserved. Without such entries, the stack
        may still exist, created on another machine. In that case its secrets have the encryption of `dev`.
        """
        own = {f"{self._project.context.name}:{name}": value for name, value in changes.items()}
        config = {name: value for name, value in (self._config | own).items() if value is not None}
        provider = {"secretsprovider": self._provider} if self._provider else {}
        entries = _read(self.file) if self.file.exists() else {}
        self.file.write_text(yaml.safe_dump({**provider, **entries, "config": config}), encoding="utf-8")

    def init(self) -> None:
        """Create the empty stack. Its secrets have the encryption of `dev`. Raises Failed."""
        self.pulumi.init(self._provider)

    def remove(self) -> None:
        """Destroy and remove the stack if it exists, and delete its file. Raises Failed."""
        if self.stack in self.pulumi.there():
            self.pulumi.remove()
        self.file.unlink(missing_ok=True)


def release(stack: str, outputs: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
    """Shift a stack's traffic like `context rollout start`. Return the exit status and the report."""
    printed = io.StringIO()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "outputs.json"
        file.write_text(json.dumps(dict(outputs)))
        with redirect_stdout(printed):
            status = run(["rollout", "start", stack, "--outputs", str(file), "--json"])
    if status == INTERRUPTED:
        raise KeyboardInterrupt
    return status, json.loads(printed.getvalue())


def _read(file: Path) -> dict[str, Any]:
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        raise Refused(f"{file} cannot be read ({error}): a throw-away stack copies its settings.") from error
