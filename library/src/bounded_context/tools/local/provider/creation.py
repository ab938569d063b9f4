"""Creation of a resource by the AWS operations and the names of its type (`resources.RESOURCES`)."""

import copy
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from botocore import xform_name
from pulumi import Archive, Asset, FileArchive
from pydantic import BaseModel

from ..emulator.aws import Aws
from .translation import Untranslatable, to_parameters

PROVIDER_ONLY = frozenset(
    {
        "deletionWindowInDays",
        "forceDestroy",
        "forceDetachPolicies",
        "recoveryWindowInDays",
        "skipDestroy",
        "sourceCodeHash",
    }
)
"""Settings of the Pulumi provider for comparing, waiting or deleting. No AWS call contains them."""

Inputs = dict[str, Any]
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
        copied = copy.deepcopy(inputs)
        self.inputs = {key: value for key, value in copied.items() if key not in PROVIDER_ONLY and value is not None}
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


class Call(BaseModel, frozen=True, extra="forbid"):
    """A call of an AWS operation with inputs of a resource.

    Attributes:
        operation: service and operation, such as `sqs CreateQueue`.
        places: the parameter for each input with another name, as in `to_parameters`. An empty place is no parameter.
        below: the parameter that contains all inputs without a place.
        inputs: for a further call, its inputs. The call is made if the first is on.
        each: the only input is a list, with a call for each item.
    """

    operation: str
    places: dict[str, str] = {}
    below: str = ""
    inputs: tuple[str, ...] = ()
    each: bool = False

    def send(self, aws: Aws, inputs: Inputs, facts: Facts) -> Inputs:
        """Call the operation, and return its parameters and its result. Required parameters may be in `facts`.

        Raises:
            Untranslatable: the operation has no parameter for an input.
        """
        service, _, operation = self.operation.partition(" ")
        method = xform_name(operation)
        shape = aws.input_shape(service, method)
        places = {**{key: f"{self.below}.{key}" for key in inputs if self.below}, **self.places}
        parameters = to_parameters(shape, {key: inputs[key] for key in inputs if places.get(key) != ""}, places)
        required = {key: facts[key] for key in shape.required_members if key not in parameters and key in facts}
        result = aws.call(service, method, **required, **parameters)
        nested = [part for part in result.values() if isinstance(part, dict)]
        return {key: value for part in (*nested, result, parameters) for key, value in part.items()}

    def send_further(self, aws: Aws, taken: Inputs, facts: Facts) -> None:
        """Make the further call if its first input is on, or a call for each item of its only input."""
        first = taken[self.inputs[0]]
        if self.each:
            for item in first or []:
                self.send(aws, item if isinstance(item, dict) else {self.inputs[0]: item}, facts)
        elif _is_on(first):
            self.send(aws, {key: value for key, value in taken.items() if value is not None}, facts)


class Resource(Call, frozen=True, extra="forbid"):
    """A resource type: the call that creates its resources, the further calls, and the names.

    Facts are the inputs, the parameters and the results by name, and `region`, `account` and `endpoint`. `identity` and
    the values of `outputs` are the name of a fact, or a text with facts in braces.

    Attributes:
        identity: the physical id.
        outputs: Pulumi's outputs that are not inputs.
        named: the input with the physical name, which is generated if the program does not set it.
        adapt: functions that change the inputs for the emulator, before the call.
        note: a difference from AWS that all resources of the type have.
        needs: an input without which the call is omitted.
        settle: functions that are called after the call, and before the further calls.
        further: the calls for inputs that the creating operation does not have.
    """

    identity: str
    outputs: dict[str, str] = {}
    named: str = ""
    adapt: tuple[Callable[[Aws, Request], None], ...] = ()
    note: str = ""
    needs: str = ""
    settle: tuple[Callable[[Aws, Facts], None], ...] = ()
    further: tuple[Call, ...] = ()

    def create(self, aws: Aws, request: Request) -> Created:
        """Create a resource. Raises Untranslatable if an operation has no parameter for an input."""
        self._prepare(aws, request)
        later = [(call, {key: request.take(key) for key in call.inputs}) for call in self.further]
        own = {"region": aws.region, "account": aws.account, "endpoint": aws.emulator.endpoint}
        facts: Inputs = {**own, **request.inputs}
        if not self.needs or self.needs in request.inputs:
            facts |= self.send(aws, request.inputs, facts)
        for settle in self.settle:
            settle(aws, facts)
        for call, taken in later:
            call.send_further(aws, taken, facts)
        named = {self.named: facts[self.named]} if self.named else {}
        return str(_fact(self.identity, facts)), named | {key: _fact(at, facts) for key, at in self.outputs.items()}

    def _prepare(self, aws: Aws, request: Request) -> None:
        """Set the physical name, the archives and the changes for the emulator."""
        if self.named:
            request.inputs[self.named] = request.physical_name(self.named)
        request.read_archives()
        for adapt in self.adapt:
            adapt(aws, request)
        if self.note:
            request.adapted.append(self.note)


def _is_on(value: Any) -> bool:
    """Return whether an input has a setting. False, 0, -1 and `enabled: False` are absence."""
    return bool(value) and value != -1 and not (isinstance(value, dict) and value.get("enabled") is False)


def _fact(text: str, facts: Facts) -> Any:
    return text.format_map(facts) if "{" in text else facts.get(text)
