"""The permissions boundary on the roles of a program."""

from functools import partial
from typing import Final

import pulumi

_ROLE: Final = "aws:iam/role:Role"


def limit_roles(boundary: str | None) -> None:
    """Set the permissions boundary of every role that the program makes from now on, a team's own roles included."""
    if boundary is not None:
        pulumi.runtime.register_stack_transformation(partial(_limit, boundary))


def _limit(boundary: str, resource: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    # A resource with an id exists elsewhere, and is only read.
    if resource.type_ != _ROLE or resource.opts.id is not None:
        return None
    return pulumi.ResourceTransformationResult({**resource.props, "permissions_boundary": boundary}, resource.opts)
