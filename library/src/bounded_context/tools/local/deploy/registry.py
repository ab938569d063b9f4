"""Registry of the supported resource types, each with the function that creates its resources."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.model import ListShape, Shape
from pulumi import FileArchive

from ..aws import Aws
from .translation import Untranslatable, to_parameters

# Settings of the Pulumi provider for comparing, waiting or deleting. No AWS call contains them.
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

Made = tuple[str, dict[str, Any]]


class Request:
    """A resource of the program. Its handler must take all inputs; a remaining input is an error."""

    def __init__(self, kind: str, name: str, inputs: dict[str, Any], program: Path) -> None:
        """Store the inputs for AWS calls. Asset paths are relative to the folder `program`."""
        self.kind = kind
        self.name = name
        self.program = program
        self.inputs = {key: value for key, value in inputs.items() if key not in PROVIDER_ONLY and value is not None}
        self.adapted: list[str] = []

    def take(self, key: str) -> Any:
        """Remove and return an input; None if the program does not set it."""
        return self.inputs.pop(key, None)

    def physical_name(self, key: str = "name") -> str:
        """Remove and return the name, or generate it as Pulumi does, with a suffix that is the same in every run."""
        suffix = hashlib.sha256(f"{self.kind} {self.name}".encode()).hexdigest()[:7]
        prefix = self.take(f"{key}Prefix") or f"{self.name}-"
        return self.take(key) or f"{prefix}{suffix}".lower()

    def tags(self, key: str = "Key", value: str = "Value") -> list[dict[str, str]] | None:
        """Remove and return the tags as a list of pairs; None without tags."""
        return [{key: name, value: text} for name, text in (self.tag_map() or {}).items()] or None

    def tag_map(self) -> dict[str, str] | None:
        """Remove and return the tags as a map; None without tags."""
        return self.take("tags") or None

    def archive(self, key: str) -> bytes:
        """Remove an archive and return the content of its file."""
        asset = self.take(key)
        if not isinstance(asset, FileArchive):
            raise Untranslatable(f"input {key!r} is a {type(asset).__name__}, not a file archive")
        return (self.program / asset.path).read_bytes()

    def attributes(self, names: dict[str, str]) -> dict[str, str]:
        """Remove the inputs in `names`, and return them as attributes of SNS or SQS, which are texts."""
        taken = {api: self.take(key) for key, api in names.items()}
        return {api: _text(value) for api, value in taken.items() if value is not None}

    def rest(self, aws: Aws, service: str, operation: str, under: str = "", **renames: str) -> dict[str, Any]:
        """Remove all remaining inputs, and return them as parameters of an operation, or of its parameter `under`."""
        shape: Shape = aws.input_shape(service, operation)
        if under:
            shape = shape.members[under]
        if isinstance(shape, ListShape):
            shape = shape.member
        taken, self.inputs = self.inputs, {}
        return to_parameters(shape, taken, renames)


def _text(value: object) -> str:
    """Return a value as text for attribute maps. Pulumi passes numbers as floats."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) else str(value)


Handler = Callable[[Aws, Request], Made]
HANDLERS: dict[str, Handler] = {}


def creates(kind: str) -> Callable[[Handler], Handler]:
    """Register the function that creates resources of a type, such as `aws:sqs/queue:Queue`."""

    def register(handler: Handler) -> Handler:
        HANDLERS[kind] = handler
        return handler

    return register


def create(aws: Aws, request: Request) -> Made:
    """Create a resource, and return its id and its outputs with Pulumi's property names.

    Raises:
        Untranslatable: the handler does not support an input.
    """
    made = HANDLERS[request.kind](aws, request)
    if request.inputs:
        raise Untranslatable(f"input {', '.join(map(repr, sorted(request.inputs)))} is not handled")
    return made
