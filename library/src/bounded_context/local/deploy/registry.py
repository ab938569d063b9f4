"""The resource types the embedded AWS can hold, each with the function that creates one there."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.model import ListShape, Shape
from pulumi import FileArchive

from ..aws import Aws
from .translation import Untranslatable, to_parameters

# They tell the provider how to compare, wait or delete; no AWS call ever carries them.
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
    """One resource the program asks for: its handler takes every input out of it, and what is left is an error."""

    def __init__(self, kind: str, name: str, inputs: dict[str, Any], program: Path) -> None:
        """Hold the inputs that an AWS call may need; `program` is the folder that asset paths are relative to."""
        self.kind = kind
        self.name = name
        self.program = program
        self.inputs = {key: value for key, value in inputs.items() if key not in PROVIDER_ONLY and value is not None}
        self.adapted: list[str] = []

    def take(self, key: str) -> Any:
        """Take an input out; None when the program does not give it."""
        return self.inputs.pop(key, None)

    def physical_name(self, key: str = "name") -> str:
        """Take the name out, or choose one as Pulumi would: the logical name and a suffix, here always the same."""
        suffix = hashlib.sha256(f"{self.kind} {self.name}".encode()).hexdigest()[:7]
        prefix = self.take(f"{key}Prefix") or f"{self.name}-"
        return self.take(key) or f"{prefix}{suffix}".lower()

    def tags(self, key: str = "Key", value: str = "Value") -> list[dict[str, str]] | None:
        """Take the tags out, in the form of a list of pairs; None when there are none."""
        return [{key: name, value: text} for name, text in (self.tag_map() or {}).items()] or None

    def tag_map(self) -> dict[str, str] | None:
        """Take the tags out, in the form of a map; None when there are none."""
        return self.take("tags") or None

    def archive(self, key: str) -> bytes:
        """Take an archive out and read its file."""
        asset = self.take(key)
        if not isinstance(asset, FileArchive):
            raise Untranslatable(f"input {key!r} is a {type(asset).__name__}, not a file archive")
        return (self.program / asset.path).read_bytes()

    def attributes(self, names: dict[str, str]) -> dict[str, str]:
        """Take out the inputs named here, as the string attributes that SNS and SQS know them by."""
        taken = {api: self.take(key) for key, api in names.items()}
        return {api: _text(value) for api, value in taken.items() if value is not None}

    def rest(self, aws: Aws, service: str, operation: str, under: str = "", **renames: str) -> dict[str, Any]:
        """Take all remaining inputs out, as parameters of an operation, or of (one item of) its parameter `under`."""
        shape: Shape = aws.input_shape(service, operation)
        if under:
            shape = shape.members[under]
        if isinstance(shape, ListShape):
            shape = shape.member
        taken, self.inputs = self.inputs, {}
        return to_parameters(shape, taken, renames)


def _text(value: object) -> str:
    """Write a value the way the attribute maps want it: Pulumi's numbers arrive as floats."""
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
    """Create one resource and return its id and outputs, under Pulumi's own names.

    Raises:
        Untranslatable: the handler met an input it does not handle.
    """
    made = HANDLERS[request.kind](aws, request)
    if request.inputs:
        raise Untranslatable(f"input {', '.join(map(repr, sorted(request.inputs)))} is not handled")
    return made
