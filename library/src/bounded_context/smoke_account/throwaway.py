"""A stack that is made to be destroyed: it has the settings of `dev`, and its file lies in the repository meanwhile."""

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

from ..infra.config import SettingError
from ..infra.labels import LabelError, Labels
from ..infra.settings import Settings
from ..project import Project
from ..pulumi_files import as_text, stack_file
from ..rollout.cli import main as rollout
from ..rollout.errors import INTERRUPTED, Refused
from .pulumi_cli import Pulumi

MODEL: Final = "dev"
"""The stack whose settings a throw-away stack has."""


class Services:
    """The account of whoever calls, in one region."""

    def __init__(self, region: str) -> None:
        self.region = region
        self._clients: dict[str, Any] = {}
        self._making = threading.Lock()

    def client(self, service: str) -> Any:
        """Return the service's client, with boto3's own configuration, the same to every thread."""
        with self._making:
            if service not in self._clients:
                made: Any = boto3.client
                self._clients[service] = made(service, region_name=self.region)
            return self._clients[service]

    def call(self, service: str, operation: str, **parameters: object) -> dict[str, Any]:
        """Call an operation by its boto3 name; a parameter that is None is not sent."""
        given = {name: value for name, value in parameters.items() if value is not None}
        return getattr(self.client(service), operation)(**given)

    def caller(self) -> Mapping[str, Any]:
        """Say who calls, as STS has it. Raises Refused without credentials."""
        try:
            return self.call("sts", "get_caller_identity")
        except NoCredentialsError as error:
            raise Refused("There are no AWS credentials: log in, or set AWS_PROFILE, and try again.") from error


class Throwaway:
    """One such stack of a repository, named `stack`.

    Attributes:
        pulumi: the CLI, for this stack.
        file: the stack's settings.
        labels: how its resources are called.
        aws: the account, in the region of `dev`.

    Raises:
        Refused: there are no settings to take, or they cannot be read.
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
        """How what it is made of is called. Raises LabelError."""
        return Labels(self._project.context.name, self.stack, self._project.context.owner)

    def check_name(self) -> None:
        """Raise Refused if the stack's name cannot be a part of AWS's names."""
        try:
            self.labels.bucket("given-up")
            for function in self._project.context.functions:
                self.labels.name(function)
        except LabelError as error:
            raise Refused(str(error)) from error

    def setting(self, name: str) -> Any:
        """Return a setting of `dev`, None if its file does not have it."""
        return self._config.get(f"{self._project.context.name}:{name}")

    def settings(self) -> Settings:
        """Return the settings of `dev`, checked as the program checks them. Raises Refused."""
        start = f"{self._project.context.name}:"
        own = {key.removeprefix(start): as_text(value) for key, value in self._config.items() if key.startswith(start)}
        try:
            return Settings.from_config(self._project.context, own)
        except SettingError as error:
            raise Refused(f"{stack_file(self._project.service, MODEL)}: {error}") from error

    def write(self, **changes: Any) -> None:
        """Write the stack's file: the settings of `dev` with these in their place; None leaves one out.

        What Pulumi has noted in the file, such as the key of its secrets, stays. Where it has noted nothing, the stack
        may be there all the same, made on another machine: its secrets are encrypted as those of `dev`.
        """
        own = {f"{self._project.context.name}:{name}": value for name, value in changes.items()}
        config = {name: value for name, value in (self._config | own).items() if value is not None}
        provider = {"secretsprovider": self._provider} if self._provider else {}
        noted = _read(self.file) if self.file.exists() else {}
        self.file.write_text(yaml.safe_dump({**provider, **noted, "config": config}), encoding="utf-8")

    def init(self) -> None:
        """Make the stack, with nothing in it yet; its secrets are encrypted as those of `dev`. Raises Failed."""
        self.pulumi.init(self._provider)

    def remove(self) -> None:
        """Destroy the stack if it is there, and remove it, and its file with it. Raises Failed."""
        if self.stack in self.pulumi.there():
            self.pulumi.remove()
        self.file.unlink(missing_ok=True)


def release(stack: str, outputs: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
    """Shift a stack's traffic as `just rollout start` does; returns the driver's exit status and its report."""
    printed = io.StringIO()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "outputs.json"
        file.write_text(json.dumps(dict(outputs)))
        with redirect_stdout(printed):
            status = rollout(["start", stack, "--outputs", str(file), "--json"])
    if status == INTERRUPTED:
        raise KeyboardInterrupt
    return status, json.loads(printed.getvalue())


def _read(file: Path) -> dict[str, Any]:
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        raise Refused(f"{file} cannot be read ({error}): a throw-away stack has its settings.") from error
