"""The start of a program: the names of its resources, and the boundary of its roles."""

from typing import Any

import pulumi

from bounded_context.declaration.context import Context

from ..configuration.collisions import require_stack
from ..configuration.labels import Labels
from .boundary import limit_roles


def start(
    context: Context[Any],
    boundary: str | None,
    *,
    reserved: str | None = None,
    owner: str | None = None,
    expires: str | None = None,
) -> Labels:
    """Return the names of the program's resources, and limit the roles that it makes from now on.

    Args:
        context: the context of the program.
        boundary: the permissions boundary of the program's settings.
        reserved: the reserved name of the program's resources; without it, they have the name of the stack.
        owner: the owner of the stack, if it is not the context's.
        expires: the end of a temporary stack.

    Raises:
        LabelError: the stack's name cannot be part of a resource's name, or other resources of the context have it.
    """
    if reserved is None:
        require_stack(pulumi.get_stack(), expires)
    limit_roles(boundary)
    return Labels(context.name, reserved or pulumi.get_stack(), owner or context.owner, expires)
