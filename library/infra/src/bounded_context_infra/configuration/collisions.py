"""Names that collide: of stacks, of contexts, and of a function's role with another role of its stack."""

from collections.abc import Iterable
from typing import Final

from bounded_context.domain.spelling import kebab

from .labels import LabelError

PIPELINE: Final = "pipeline"
STATE: Final = "state"
DEPLOYER: Final = "deployer"
RESERVED: Final = (PIPELINE, STATE, DEPLOYER)
"""Not names of stacks: the names of the pipeline's resources, of the state's, and of the roles of deployments."""

PULL_REQUEST: Final = "pr"
SANDBOX: Final = "sandbox"
KINDS: Final = (PULL_REQUEST, SANDBOX)
"""Not names of stacks: the kinds of temporary stacks, whose names begin with the kind."""

COLLIDES: Final = (
    "other resources of the context have its prefix: choose a name that begins with none of "
    f"{', '.join((*RESERVED, *KINDS))}."
)
"""The end of an error about the name of a stack."""

STACKS: Final = ("dev", "staging", "prod", *KINDS, *RESERVED)
"""The names after another context's name. No word of a context's name after the first may be one of them."""


_OF_LISTS: Final = ("uploads", "list-import", "call-sweep-uploads", "call-watch-lists")


def roles(*, lists: bool, backup: str, malware: str, partners: Iterable[str]) -> frozenset[str]:
    """Return the names of the roles in a stack that are not a function's. A test compares them with recorded graphs."""
    optional = {"backup": backup == "vault", "malware-scan": malware != "none"}
    made = [name for name, is_made in optional.items() if is_made] + [f"sftp-{partner}" for partner in partners]
    return frozenset(("release", *(_OF_LISTS if lists else ("call-watch-mappings",)), *made))


def is_reserved(stack: str) -> bool:
    """Return whether other resources of the context have the prefix of a stack: also those of temporary stacks."""
    return stack.partition("-")[0] in (*RESERVED, *KINDS)


def require_stack(stack: str, expires: str | None = None) -> None:
    """Raise LabelError if the prefix of a stack covers other resources of the context.

    Only a temporary stack, which has an end, has a name that begins with a kind.
    """
    kind, _, name = stack.partition("-")
    if is_reserved(stack) and not (expires and name and kind in KINDS):
        raise LabelError(f"stack {stack!r}: {COLLIDES}")


def require_context(context: str) -> None:
    """Raise LabelError if a stack of another context can have the prefix of this context's resources."""
    first, *others = kebab(context).split("-")
    for count, word in enumerate(others):
        if word in STACKS:
            other = "-".join((first, *others[:count]))
            raise LabelError(
                f"context {context!r}: a context {other} with a stack {word} has the same prefix: "
                "choose a name without this word."
            )
