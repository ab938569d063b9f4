"""The kinds of temporary stacks, their names and owners, and the calls of the Pulumi CLI for them.

Pulumi deletes a resource with the provider that the state names. A provider's inputs name its plugin: the plugin's
name, version, and server (Pulumi's engine, pkg/resource/deploy/providers, "registry.go"). A dynamic provider's code is
itself in the state.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Final

import boto3
from botocore.exceptions import NoCredentialsError

from bounded_context_cli.command.aws_errors import AWS_ERRORS, Calls, Refusal, denied, sentence
from bounded_context_cli.command.output import INTERRUPTED, fail, refuse
from bounded_context_cli.command.pulumi import MISSING, Pulumi
from bounded_context_cli.programs.pulumi_files import as_text, project_name
from bounded_context_infra.configuration import labels
from bounded_context_infra.configuration.access import bucket_name, checkpoints
from bounded_context_infra.configuration.project import ProjectError
from bounded_context_operations.release.plan import LOCKED, client, is_in_s3

MODEL: Final = "dev"
"""The stack whose settings a temporary stack copies."""

_LONGEST: Final = 20
"""The maximum length of a name. With the context's and a function's name, AWS allows 64 characters."""


@dataclass(frozen=True)
class StackKind:
    """A kind of stack: the prefix of its stacks' names, the form of the rest, and a description of the form."""

    prefix: str
    form: re.Pattern[str]
    description: str

    def stack(self, name: str) -> str:
        """Return the stack's name. Raises Refusal if `name` does not have the form."""
        if not self.form.fullmatch(name) or len(name) > _LONGEST:
            raise Refusal(
                f"{name!r} cannot be part of a stack's name: write {self.description}, {_LONGEST} characters at most."
            )
        return f"{self.prefix}-{name}"


SANDBOX: Final = StackKind(
    labels.SANDBOX, re.compile(r"[a-z0-9]+(-[a-z0-9]+)*"), "lower-case letters, digits and single hyphens"
)
PULL_REQUEST: Final = StackKind(labels.PULL_REQUEST, re.compile(r"[1-9][0-9]*"), "the number of a pull request")
KINDS: Final[Mapping[str, StackKind]] = {kind.prefix: kind for kind in (SANDBOX, PULL_REQUEST)}


def has_kind(stack: str) -> bool:
    """Return whether a stack's name has the form of a kind. Permanent stacks have other names."""
    prefix, _, name = stack.partition("-")
    return prefix in KINDS and KINDS[prefix].form.fullmatch(name) is not None


def with_exit_status(command: Callable[..., int]) -> Callable[..., int]:
    """Decorate a command: it prints its expected errors as a sentence, and returns their exit status."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> int:
        from bounded_context_cli.command.aws_errors import AWS_ERRORS, Refusal, sentence
        from bounded_context_cli.package import PackageError

        try:
            return command(*arguments, **options)
        except (Refusal, ProjectError) as error:
            return refuse(str(error))
        except (Failed, PackageError, *AWS_ERRORS) as error:
            return fail(sentence(error, "deploy"))
        except KeyboardInterrupt:
            return fail("Interrupted: what already exists stays; deploy again, or destroy it.", INTERRUPTED)

    return run


def now() -> datetime:
    """Return the time, in UTC and whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


_FORBIDDEN: Final = re.compile(r"[^\w.:/=+@-]+", re.ASCII)
_LONGEST_OWNER: Final = 128
"""The maximum length of an owner. AWS permits 256 characters in a tag's value."""


class Services(Calls):
    """The caller's account in a region, with boto3's default configuration."""

    def __init__(self, region: str) -> None:
        create: Any = boto3.client
        super().__init__(region, lambda service: create(service, region_name=region))

    def caller(self) -> Mapping[str, Any]:
        """Return the caller's identity from STS. Raises Refusal without credentials."""
        try:
            return self.call("sts", "get_caller_identity")
        except NoCredentialsError as error:
            raise Refusal("There are no AWS credentials: log in, or set AWS_PROFILE, and try again.") from error

    def person(self) -> str:
        """Return the name of the caller's AWS session or user, as a tag. Raises Refusal without credentials."""
        return as_tag(self.caller()["Arn"].rpartition("/")[2])


def as_tag(name: str) -> str:
    """Return a name without characters that tags forbid: `dependabot[bot]` becomes `dependabot-bot`. Raises Refusal."""
    cleaned = _FORBIDDEN.sub("-", name).strip("-")[:_LONGEST_OWNER]
    if not cleaned:
        raise Refusal(f"{name!r} cannot be an owner: log in to AWS with a session or a user that has a name.")
    return cleaned


_KNOWN: Final = ("aws", "pulumi")
"""The packages of a context's resources. The provider `pulumi` is a part of the CLI."""

_PROVIDERS: Final = "pulumi:providers:"
_VERSION: Final = re.compile(r"\d+\.\d+\.\d+")
_DEFAULTS: Final = ("region", "skipCredentialsValidation", "skipRegionValidation")
"""The inputs that the AWS provider has without a setting."""


def require_known(state: Mapping[str, Any], settings: Mapping[str, Any], remedy: str) -> set[str]:
    """Return the versions of the AWS provider in an exported state.

    Args:
        state: the output of `pulumi stack export`.
        settings: the settings of `dev`. The provider's inputs must be equal to its settings `aws:*`.
        remedy: the end of the error.

    Raises:
        Refusal: the destruction would run another provider, or the provider with other inputs; the first one.
    """
    resources = list(_resources(state))
    for resource in resources:
        if fault := _fault(resource, settings):
            raise Refusal(f"The state has the resource {resource['urn']} with {fault}: {remedy}")
    return {
        resource["inputs"]["version"]
        for resource in resources
        if resource["type"] == f"{_PROVIDERS}aws" and "version" in resource.get("inputs", {})
    }


def _resources(state: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    deployment = state.get("deployment") or {}
    yield from deployment.get("resources") or ()
    for operation in deployment.get("pending_operations") or ():
        yield operation["resource"]


def _fault(resource: Mapping[str, Any], settings: Mapping[str, Any]) -> str | None:
    """Return the part of a resource that would run foreign code, or None."""
    # The engine reads the type of a provider from its URN.
    kind = "::".join(resource["urn"].split("::")[2:3]).rpartition("$")[2]
    if kind != resource["type"]:
        return f"the type {resource['type']}"
    is_provider = kind.startswith(_PROVIDERS)
    package = kind.removeprefix(_PROVIDERS) if is_provider else kind.partition(":")[0]
    if package not in _KNOWN and (is_provider or resource.get("custom")):
        return f"the provider {package}"
    inputs = resource.get("inputs") or {} if is_provider else {}
    return next((f"the input {name}" for name, value in inputs.items() if not _is_own(name, value, settings)), None)


def _is_own(name: str, value: object, settings: Mapping[str, Any]) -> bool:
    """Return whether an input of a provider is a default, or equal to the setting `aws:<name>`."""
    match name:
        case "version":
            return isinstance(value, str) and _VERSION.fullmatch(value) is not None
        case "__internal":
            return value == {}
        case _:
            setting = settings.get(f"aws:{name}")
            return name in _DEFAULTS or (setting is not None and value in (as_text(setting), _compact(setting)))


def _compact(setting: object) -> str:
    """Return a setting as Pulumi's engine passes it to a provider."""
    return json.dumps(setting, separators=(",", ":"), default=str)


_STATE: Final = re.compile(r"\.json(\.gz|\.zst)?$")
_SHOWN: Final = 5
"""The maximum of quoted output lines, and of listed resources, in a message."""

_INSTALLED_ALONE: Final = {
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
    "PULUMI_DEBUG_PROVIDERS": "pulumi-nodejs:1,pulumi-python:1",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "",
    "ACTIONS_ID_TOKEN_REQUEST_URL": "",
}
"""The variables of a destruction, which reads the state again after its check.

Pulumi downloads no plugin and starts no plugin of the PATH. Instead of a start of the dynamic providers, whose programs
are beside the CLI, it connects to a port on which no process listens (Pulumi's SDK, go/common/env, "env.go"; its
engine, pkg/resource/plugin, "provider_plugin.go"). It cannot request tokens of GitHub (GitHub, "OpenID Connect
reference", "Methods for requesting the OIDC token").
"""


class Failed(Exception):
    """A step failed. The message is a sentence about the observed state."""


class TemporaryPulumi(Pulumi):
    """The CLI for a temporary stack."""

    def stacks(self, start: str) -> set[str]:
        """Return the names of the program's stacks that begin with `start`. Raises Refusal if they cannot be listed.

        The Pulumi CLI would read the state of all stacks, which a role for a kind of stacks may not.
        """
        if shutil.which("pulumi") is None:
            raise Refusal(f"{MISSING}.")
        backend = os.environ.get("PULUMI_BACKEND_URL", "")
        names = _in_s3(backend, project_name(self.program), start) if is_in_s3(backend) else self._names()
        return {name for name in names if name.startswith(start)}

    def _names(self) -> set[str]:
        listing = self.call_for_project("stack", "ls", "--json")
        if listing.returncode != 0:
            raise Refusal(f"Pulumi does not list the stacks: {_summary(listing)}")
        return {stack["name"].rpartition("/")[2] for stack in json.loads(listing.stdout)}

    def init(self, provider: str) -> None:
        """Create the stack. `provider`, if not empty, encrypts its secrets. Raises Failed."""
        secrets = ["--secrets-provider", provider] if provider else []
        self._output("stack", self.call_for_project("stack", "init", "--no-select", self.stack, *secrets))

    def up(self) -> dict[str, Any]:
        """Deploy the stack and return its outputs. Raises Failed."""
        self._do("up", "--yes", "--skip-preview")
        return json.loads(self._do("stack", "output", "--json"))

    def tag(self, tags: Mapping[str, str | None]) -> None:
        """Set tags of the stack in Pulumi's state. Raises Failed."""
        for name, value in tags.items():
            self._do("stack", "tag", "set", name, str(value))

    def tags(self) -> dict[str, str]:
        """Return the tags of the stack. Raises Failed."""
        return json.loads(self._do("stack", "tag", "ls", "--json") or "{}")

    def remove(self, settings: Mapping[str, Any]) -> None:
        """Destroy the stack's resources and remove it.

        Args:
            settings: the settings of `dev`.

        Raises:
            Refusal: the destruction would run the code of a provider in the state; no change was made.
            Failed: the stack remains; the message lists the remaining resources.
        """
        self._check(settings)
        for arguments in (("destroy", "--yes", "--skip-preview"), ("stack", "rm", "--yes")):
            process = self.call(*arguments, variables=_INSTALLED_ALONE)
            if process.returncode != 0:
                calls = [*(["cancel"] if LOCKED.search(_all(process)) else []), "destroy", "stack rm"]
                place = f"--yes --cwd {self.program} --stack {self.stack}"
                remedy = f"Remove it with {', '.join(f'`pulumi {call} {place}`' for call in calls)}."
                raise Failed(f"{self._failure(arguments[0], process)} {self._remaining()}. {remedy}")

    def _check(self, settings: Mapping[str, Any]) -> None:
        """Install the AWS provider in the versions of the state. Raises Refusal if the state has another provider."""
        place = f"--cwd {self.program} --stack {self.stack}"
        remedy = (
            f"its destruction would run foreign code. Read `pulumi stack export {place}`, and run "
            f"`pulumi destroy {place}` only if you trust it."
        )
        for version in require_known(json.loads(self._do("stack", "export")), settings, remedy):
            installed = self.call_for_project("plugin", "install", "resource", "aws", version, "--exact")
            self._output("plugin install", installed)

    def _remaining(self) -> str:
        """Describe the remaining resources, as far as Pulumi returns them."""
        exported = self.call("stack", "export")
        try:
            resources: Any = json.loads(exported.stdout)["deployment"].get("resources", [])
            names = [
                resource["urn"].rpartition("$")[2]
                for resource in resources
                if resource.get("custom") and "aws:" in resource["type"]
            ]
        except (KeyError, TypeError, ValueError):
            return f"The remaining resources of the stack {self.stack} could not be read"
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        listing = f": {', '.join(names[:_SHOWN])}{more}" if names else ""
        return f"Of the stack {self.stack} {len(names)} resources are left{listing}"

    def _do(self, *arguments: str) -> str:
        return self._output(arguments[0], self.call(*arguments))

    def _output(self, command: str, process: subprocess.CompletedProcess[str]) -> str:
        if process.returncode != 0:
            raise Failed(self._failure(command, process))
        return process.stdout

    def _failure(self, command: str, process: subprocess.CompletedProcess[str]) -> str:
        """Return the errors of a failed call, and the missing permission if any."""
        lacking = denied(_all(process))
        short = (
            f" In short: {lacking}: see `context permissions deploy {self.stack.partition('-')[0]}`." if lacking else ""
        )
        return f"pulumi {command} failed: {_summary(process)}.{short}"


def _in_s3(backend: str, project: str, start: str) -> set[str]:
    """Return the names of the stacks in a bucket, from the keys of their states."""
    try:
        pages = client(backend).get_paginator("list_objects_v2")
        contents = pages.paginate(Bucket=bucket_name(backend), Prefix=checkpoints(project, start))
        keys = [entry["Key"] for page in contents for entry in page.get("Contents", []) if "Key" in entry]
    except AWS_ERRORS as error:
        raise Refusal(f"The stacks in {backend} cannot be listed: {sentence(error, 'state')}") from error
    return {key.rpartition("/")[2].partition(".json")[0] for key in keys if _STATE.search(key)}


def _all(process: subprocess.CompletedProcess[str]) -> str:
    return process.stdout + process.stderr


def _summary(process: subprocess.CompletedProcess[str]) -> str:
    """Return the lines with errors, or else the last lines."""
    lines = [" ".join(line.split()) for line in _all(process).splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return " / ".join((errors or lines)[-_SHOWN:]).rstrip(".")
