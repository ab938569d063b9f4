"""Creation of a resource by the AWS calls and the names of its type, and of Systems Manager's parameters."""

import copy
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError
from pulumi import Archive, Asset, FileArchive
from pydantic import BaseModel

from bounded_context_cli.command.errors import LocalRunError
from bounded_context_cli.programs.requests import Inputs, ProviderCall, Untranslatable, converted, divided

from ..emulator.aws import Aws

Facts = Mapping[str, Any]
Created = tuple[str, dict[str, Any]]
"""The physical id of a resource, and its outputs with Pulumi's property names."""


class Request:
    """A resource of the program. `adapted` lists its differences from AWS, with their reasons."""

    def __init__(self, kind: str, name: str, inputs: Inputs, program: Path) -> None:
        """Copy the inputs for AWS calls. Asset paths are relative to the folder `program`."""
        self.kind = kind
        self.name = name
        self.program = program
        self.inputs = {key: value for key, value in copy.deepcopy(inputs).items() if value is not None}
        self.adapted: list[str] = []

    def take(self, key: str) -> Any:
        """Remove and return an input; None if the program does not set it."""
        return self.inputs.pop(key, None)

    def physical_name(self, key: str) -> str:
        """Remove and return the name, or generate it as Pulumi does, with a suffix that is the same in every run."""
        suffix = hashlib.sha256(f"{self.kind} {self.name}".encode()).hexdigest()[:7]
        prefix = self.take(f"{key}Prefix") or f"{self.name}-"
        return self.take(key) or f"{prefix}{suffix}".lower()

    def read_archives(self) -> None:
        """Replace each archive among the inputs by the content of its file."""
        for key, value in self.inputs.items():
            if isinstance(value, FileArchive):
                self.inputs[key] = (self.program / value.path).read_bytes()
            elif isinstance(value, Archive | Asset):
                raise Untranslatable(f"input {key!r} is a {type(value).__name__}, not a file archive")


class Resource(BaseModel, frozen=True, extra="forbid", arbitrary_types_allowed=True):
    """A resource type: the calls that create its resources, and the names.

    Facts are the inputs, the parameters and the results by name, and `region`, `account` and `endpoint`. `identity` and
    the values of `outputs` are the name of a fact, or a text with facts in braces.

    Attributes:
        calls: the calls of the provider. A call that deletes the resource is never made.
        identity: the physical id.
        outputs: Pulumi's outputs that are not inputs.
        named: the input with the physical name, which is generated if the program does not set it.
        adapt: functions that change the inputs for the emulator, before the call.
        note: a difference from AWS that all resources of the type have.
        needs: an input without which the call is omitted.
        settle: functions that are called after the first call, and before the further calls.
    """

    calls: tuple[ProviderCall, ...]
    identity: str
    outputs: dict[str, str] = {}
    named: str = ""
    adapt: tuple[Callable[[Aws, Request], None], ...] = ()
    note: str = ""
    needs: str = ""
    settle: tuple[Callable[[Aws, Facts], None], ...] = ()

    def create(self, aws: Aws, request: Request) -> Created:
        """Create a resource. Raises Untranslatable if an operation has no parameter for an input."""
        self._prepare(aws, request)
        (call, inputs), *further = divided(self.calls, request.inputs)
        facts: Inputs = {"region": aws.region, "account": aws.account, "endpoint": aws.emulator.endpoint, **inputs}
        if not self.needs or self.needs in inputs:
            facts |= _send(aws, call, inputs, facts)
        for settle in self.settle:
            settle(aws, facts)
        for call, inputs in further:
            if not call.deletes:
                _send(aws, call, inputs, facts)
        outputs = {self.named: facts[self.named]} if self.named else {}
        return str(_fact(self.identity, facts)), outputs | {key: _fact(at, facts) for key, at in self.outputs.items()}

    def _prepare(self, aws: Aws, request: Request) -> None:
        """Set the physical name, the archives, the API's form and the changes for the emulator."""
        if self.named:
            request.inputs[self.named] = request.physical_name(self.named)
        request.read_archives()
        request.inputs = converted(self.calls, request.inputs)
        for adapt in self.adapt:
            adapt(aws, request)
        if self.note:
            request.adapted.append(self.note)


def _send(aws: Aws, call: ProviderCall, inputs: Inputs, facts: Facts) -> Inputs:
    """Make a call, and return its parameters and its result as facts."""
    parameters = call.parameters({**call.made, **inputs}, facts)
    result = aws.call(call.service, xform_name(call.operation), **parameters)
    nested = [part for part in result.values() if isinstance(part, dict)]
    return {key: value for part in (*nested, result, parameters) for key, value in part.items()}


def _fact(text: str, facts: Facts) -> Any:
    return text.format_map(facts) if "{" in text else facts.get(text)


def parameter_value(aws: Aws, name: str) -> str | None:
    """Return the value of a parameter; None if the parameter does not exist."""
    try:
        return aws.call("ssm", "get_parameter", Name=name)["Parameter"]["Value"]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ParameterNotFound":
            raise
        return None


def read(aws: Aws, name: str) -> str:
    """Return the value of a parameter. Raises LocalRunError if the parameter does not exist."""
    value = parameter_value(aws, name)
    if value is None:
        raise LocalRunError(f"the parameter {name} does not exist: deploy the context that publishes it first")
    return value
