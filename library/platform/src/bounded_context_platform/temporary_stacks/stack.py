"""A temporary stack: its settings, its owner and end, its deployment and its destruction."""

import io
import json
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

import yaml

from bounded_context.domain.spelling import kebab
from bounded_context_cli.command.application import run
from bounded_context_cli.command.aws_errors import INTERRUPTED, Refusal
from bounded_context_cli.package import build_lambda
from bounded_context_cli.programs.pulumi_files import as_text, stack_file
from bounded_context_infra.configuration.access import of_stack
from bounded_context_infra.configuration.config import SettingError
from bounded_context_infra.configuration.labels import LabelError, Labels
from bounded_context_infra.configuration.project import Project
from bounded_context_infra.configuration.settings import Settings

from .kinds import KINDS, MODEL, Failed, Services, TemporaryPulumi, has_kind

_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
"""UTC, in ISO 8601."""

_CHANGED: Final = {"sftp": "none", "alarms": "none", "protect": False, "rollout_strategy": "AllAtOnce"}
_LEFT_OUT: Final = (
    # These settings belong to SFTP and alarms; `log_key_arn` is a key for the logs of dev. A workflow signs no code.
    *("sftp_server_id", "sftp_vpc", "sftp_security_policy", "sftp_host_name", "sftp_host_zone", "sftp_host_key"),
    *("partners", "latency_alarms", "release_alarms", "expect_list_hours", "log_key_arn"),
    "code_signing",
    # A locked vault cannot be destroyed.
    *("backup", "backup_copy", "backup_days"),
)


@dataclass(frozen=True)
class Tags:
    """The tags of a stack and of its resources. Each is None if the stack was created in another way."""

    owner: str | None
    expires: datetime | None

    @classmethod
    def read(cls, tags: Mapping[str, str]) -> Self:
        """Return the tags in Pulumi's state."""
        try:
            expires = datetime.strptime(tags.get("expires", ""), _TIME).replace(tzinfo=UTC)
        except ValueError:
            expires = None
        return cls(tags.get("owner"), expires)

    def is_over(self, now: datetime) -> bool:
        """Return whether the stack has expired."""
        return self.expires is not None and self.expires <= now

    def texts(self) -> dict[str, str | None]:
        """Return the tags as text."""
        return {"owner": self.owner, "expires": self.expires.strftime(_TIME) if self.expires else None}

    def settings(self) -> dict[str, Any]:
        """Return the settings that differ from `dev`, with None for omitted ones: no notifications, no protection."""
        return {**_CHANGED, **self.texts(), **dict.fromkeys(_LEFT_OUT)}


def boundary_of(boundary: str, context: str, stack: str) -> str:
    """Return the permissions boundary of a stack that copies the settings of `dev`.

    A boundary names the resources of its stacks: `<context>-dev-boundary` becomes `<context>-pr-boundary` for stacks of
    the kind `pr`. A policy with another name limits them too.
    """
    kind = stack.partition("-")[0]
    start = f"/{kebab(context)}"
    return boundary.replace(f"{start}-{MODEL}-", f"{start}-{kind if kind in KINDS else stack}-")


class TemporaryStack:
    """A temporary stack of a repository.

    Attributes:
        name: the stack's name.
        file: the stack's settings.
        aws: the account, in the region of `dev`.

    Raises:
        Refusal: the settings of `dev` are missing or cannot be read.
    """

    def __init__(self, project: Project, name: str) -> None:
        self.name = name
        self.file = stack_file(project.service, name)
        self._project = project
        self._model = _read(stack_file(project.service, MODEL))
        self._config: dict[str, Any] = self._model.get("config", {})
        self._pulumi = TemporaryPulumi(name, project.service)
        self.aws = Services(str(self._config.get("aws:region", "")))

    @property
    def labels(self) -> Labels:
        """The names of the stack's resources. Raises LabelError."""
        return Labels(self._project.context.name, self.name, self._project.context.owner)

    def check_name(self) -> None:
        """Raise Refusal if the stack's name cannot be part of AWS names."""
        try:
            self.labels.bucket("given-up")
            for function in self._project.context.functions:
                self.labels.name(function)
        except LabelError as error:
            raise Refusal(str(error)) from error

    def settings(self) -> Settings:
        """Return the settings of `dev`, validated like in the program. Raises Refusal."""
        start = f"{self._project.context.name}:"
        own = {key.removeprefix(start): as_text(value) for key, value in self._config.items() if key.startswith(start)}
        try:
            return Settings.from_config(self._project.context, own)
        except SettingError as error:
            raise Refusal(error.at(stack_file(self._project.service, MODEL), self._project.context.name)) from error

    def exists(self) -> bool:
        """Return whether Pulumi's state contains the stack. Raises Refusal without a Pulumi CLI or a login."""
        return self.name in self._pulumi.stacks(self.name)

    def tags(self) -> Tags:
        """Read the stack's owner and end from Pulumi's state. Raises Failed."""
        return Tags.read(self._pulumi.tags())

    def is_owned_by(self, owner: str) -> bool:
        """Return whether the stack exists. Raises Refusal if it has another owner."""
        if not self.exists():
            return False
        actual = self.tags().owner
        if actual != owner:
            whose = f"is {actual}'s" if actual else "has no owner"
            raise Refusal(f"The stack {self.name} {whose}, and you are {owner}: choose another name, or ask the owner.")
        return True

    def deploy_for(self, owner: str, expires: datetime) -> Mapping[str, Any]:
        """Create the owner's stack, or deploy the current sources to it again. Return its outputs.

        Raises:
            Refusal: the stack has another owner or cannot be created; no change was made.
            Failed: the deployment failed; existing resources remain.
        """
        self.check_name()
        exists, tags = self.is_owned_by(owner), Tags(owner, expires)
        return self.deploy(tags.settings(), tags, create=not exists)

    def deploy(self, changes: Mapping[str, Any], tags: Tags | None = None, *, create: bool = True) -> dict[str, Any]:
        """Build the package, write the settings, create the stack and deploy it. Return its outputs. Raises Failed.

        Args:
            changes: the settings that differ from `dev`; None omits a setting.
            tags: the tags of the stack in Pulumi's state.
            create: whether the stack does not exist yet.
        """
        build_lambda(self._project)
        self._write(changes)
        if create:
            self._pulumi.init(self._provider)
        if tags:
            self._pulumi.tag(tags.texts())
        return self._pulumi.up()

    def release(self, outputs: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        """Shift the stack's traffic like `context rollout start`. Return the exit status and the report."""
        printed = io.StringIO()
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "outputs.json"
            file.write_text(json.dumps(dict(outputs)))
            with redirect_stdout(printed):
                status = run(["rollout", "start", self.name, "--again", "--outputs", str(file), "--json"])
        if status == INTERRUPTED:
            raise KeyboardInterrupt
        return status, json.loads(printed.getvalue())

    def shift_all(self, outputs: Mapping[str, Any]) -> None:
        """Give the newest versions all traffic, which a second deployment does not move. Raises Failed."""
        status, report = self.release(outputs)
        if status != 0:
            functions = [f"{part['name']}: {part['why']}" for part in report.get("functions", ()) if part["why"]]
            why = "; ".join(functions) or report.get("why") or report.get("result")
            raise Failed(f"{self.name} is deployed, and not all of its traffic was shifted: {why}")

    def destroy(self) -> None:
        """Destroy and remove the stack if it exists, and delete its file. Raises Refusal or Failed, as `remove`."""
        if self.exists():
            self._pulumi.remove(self._config)
        self.file.unlink(missing_ok=True)

    @property
    def _provider(self) -> str:
        """The secrets provider of `dev`, for stacks of this kind if it has an encryption context."""
        return of_stack(str(self._model.get("secretsprovider", "")), self.name.partition("-")[0])

    def _write(self, changes: Mapping[str, Any]) -> None:
        """Write the stack's file: the settings of `dev` with changes. None omits a setting.

        Pulumi's own entries in the file, such as the key of the secrets, are preserved. Without such entries, the stack
        may still exist, created on another machine. In that case its secrets have the encryption of `dev`.
        """
        own = {f"{self._project.context.name}:{name}": value for name, value in changes.items()}
        config = {name: value for name, value in (self._config | own).items() if value is not None}
        limit = f"{self._project.context.name}:permissions_boundary"
        if limit in config:
            config[limit] = boundary_of(str(config[limit]), self._project.context.name, self.name)
        provider = {"secretsprovider": self._provider} if self._provider else {}
        entries = _read(self.file) if self.file.exists() else {}
        self.file.write_text(yaml.safe_dump({**provider, **entries, "config": config}), encoding="utf-8")


def temporary_stacks(project: Project, kinds: Iterable[str] = KINDS) -> list[TemporaryStack]:
    """Return the repository's stacks of the given kinds, sorted. Raises Refusal without a Pulumi CLI or a login."""
    names_by_kind = (TemporaryPulumi("", project.service).stacks(f"{kind}-") for kind in sorted(kinds))
    return [TemporaryStack(project, name) for names in names_by_kind for name in sorted(names) if has_kind(name)]


def _read(file: Path) -> dict[str, Any]:
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        raise Refusal(f"{file} cannot be read ({error}): a temporary stack copies its settings.") from error
