"""Whose it is: every resource that takes tags has the stack's."""

from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from keyword import iskeyword
from pathlib import Path
from typing import Final

from ..graph import Graph, Node
from ..words import snake
from ._policy import Policy, Violation, policies

_WANTED: Final = ("context", "stack", "owner")
"""The tags that a stack gives to its resources (`bounded_context.infra.labels`)."""

_PARTS: Final = ("s3/bucketObject", "s3/bucketObjectv2", "s3/objectCopy")
"""What lies in a bucket is the bucket's."""


def resources_are_tagged(graph: Graph) -> Iterator[Violation]:
    """Everybody finds out whose a resource is: all that take tags say context, stack and owner.

    They say what a cost belongs to, and whom to call at night; what has no owner is never deleted.
    """
    for node in graph.nodes:
        missing = [name for name in _WANTED if not (node.inputs.get("tags") or {}).get(name)]
        if missing and takes_tags(node):
            said = f"has no tag {', '.join(missing)}: set tags to those of the stack's labels."
            yield Violation(node, f"{node.kind} {node.name} {said}")


def takes_tags(node: Node) -> bool:
    """Whether a resource can have tags: the provider then tells all of them as `tagsAll`, and its package says so."""
    return node.kind not in _PARTS and ("tagsAll" in node.outputs or _says_tags(node.kind))


@cache
def _says_tags(kind: str) -> bool:
    """Read, not imported: the package of some kinds takes seconds, and the kinds are many."""
    provider = find_spec("pulumi_aws")
    folder, _, name = kind.partition("/")
    if provider is None or provider.origin is None:
        return False
    file = Path(provider.origin).parent / (f"{folder}_" if iskeyword(folder) else folder) / f"{snake(name)}.py"
    return file.is_file() and "def tags_all(" in file.read_text(encoding="utf-8")


POLICIES: tuple[Policy, ...] = policies(resources_are_tagged)
