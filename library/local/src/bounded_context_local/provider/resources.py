"""The supported resource types, from `data/resources.toml`."""

from typing import Final

from bounded_context_cli.programs.requests.calls import Inputs
from bounded_context_cli.programs.requests.table import KINDS
from bounded_context_cli.programs.resource_types import RESOURCE_TYPES

from ..emulator.aws import Aws
from . import adaptations
from .creation import Created, Request, Resource


def _resource(kind: str, entry: Inputs) -> Resource:
    """Return a type of the file, with the functions that `adapt` and `settle` name."""
    named = {key: [getattr(adaptations, name) for name in entry.get(key, [])] for key in ("adapt", "settle")}
    return Resource.model_validate({**entry, **named, "calls": KINDS[kind]})


RESOURCES: Final = {kind: _resource(kind, entry["local"]) for kind, entry in RESOURCE_TYPES.items() if "local" in entry}
"""By the type without its package: `sqs/queue` is Pulumi's `aws:sqs/queue:Queue`."""


def type_of(kind: str) -> str:
    """Return the type without its package and class, such as `sqs/queue`."""
    return kind.split(":")[1]


def create(aws: Aws, request: Request) -> Created:
    """Create a resource of a supported type, and return its id and its outputs.

    Raises:
        Untranslatable: the operation has no parameter for an input.
    """
    return RESOURCES[type_of(request.kind)].create(aws, request)
