"""From a Pulumi resource's inputs to an AWS call's parameters, checked against botocore's own description of the call.

Pulumi says `kmsMasterKeyId`, the API `KMSMasterKeyID`: a name is matched whatever its case. What has another name, or
sits elsewhere, is said by the handler. A name that matches nothing is an error, so no input is ever dropped.
"""

from collections.abc import Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from ..errors import LocalRunError

Renames = Mapping[str, str]
NUMBERS = ("integer", "long")


class Untranslatable(LocalRunError):
    """An input that the call has no parameter for."""


def to_parameters(shape: Shape, value: Any, renames: Renames) -> Any:
    """Return the value in the shape's own form.

    Args:
        shape: what botocore expects here.
        value: what Pulumi gives; one block where the shape is a list is a list of one.
        renames: API member by Pulumi input, at whatever depth, where they differ by more than case.

    Raises:
        Untranslatable: an input has no member in the shape.
    """
    if isinstance(shape, StructureShape):
        return _structure(shape, value, renames)
    if isinstance(shape, ListShape):
        items = value if isinstance(value, list) else [value]
        return [to_parameters(shape.member, item, renames) for item in items]
    if isinstance(shape, MapShape):
        return {key: to_parameters(shape.value, item, renames) for key, item in value.items()}
    return int(value) if shape.type_name in NUMBERS else value


def _structure(shape: StructureShape, value: Mapping[str, Any], renames: Renames) -> dict[str, Any]:
    members = {name.lower(): name for name in shape.members}
    parameters: dict[str, Any] = {}
    for key, item in value.items():
        member = members.get(renames.get(key, key).lower())
        if member is None:
            raise Untranslatable(f"input {key!r} has no parameter in {shape.name}")
        parameters[member] = to_parameters(shape.members[member], item, renames)
    return parameters
