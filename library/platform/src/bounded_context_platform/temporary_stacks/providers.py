"""The providers in a stack's state, whose code runs during its destruction.

Pulumi deletes a resource with the provider that the state names. A provider's inputs name its plugin: the plugin's
name, version, and server (Pulumi's engine, pkg/resource/deploy/providers, "registry.go"). A dynamic provider's code is
itself in the state.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bounded_context_cli.command.aws_errors import Refused
from bounded_context_cli.programs.pulumi_files import as_text

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
        Refused: the destruction would run another provider, or the provider with other inputs; the first one.
    """
    resources = list(_resources(state))
    for resource in resources:
        if fault := _fault(resource, settings):
            raise Refused(f"The state has the resource {resource['urn']} with {fault}: {remedy}")
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
