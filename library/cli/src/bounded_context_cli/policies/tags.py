"""The policy for tags: every taggable resource has the tags of its stack."""

from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from keyword import iskeyword
from pathlib import Path
from typing import Final

from bounded_context.domain.spelling import snake

from ..programs.graph import Graph, Node
from .policy import Violation, policy

_WANTED: Final = ("context", "stack", "owner")
"""The tags that a stack gives to its resources (`bounded_context_infra.configuration.labels`)."""

_PARTS: Final = ("s3/bucketObject", "s3/bucketObjectv2", "s3/objectCopy")
"""Objects in a bucket, which need no tags besides those of the bucket."""


@policy
def resources_are_tagged(graph: Graph) -> Iterator[Violation]:
    """Every taggable resource carries the tags context, stack and owner.

    The tags assign costs, and name the team to call at night. A resource without an owner is never deleted.
    """
    for node in graph.nodes:
        missing = [name for name in _WANTED if not (node.inputs.get("tags") or {}).get(name)]
        if missing and takes_tags(node):
            yield Violation(node, f"has no tag {', '.join(missing)}: set tags to those of the stack's labels.")


def takes_tags(node: Node) -> bool:
    """Return whether a resource is taggable: it, or its class in the provider's package, has the output `tagsAll`."""
    return node.kind not in _PARTS and ("tagsAll" in node.outputs or _has_tags_all(node.kind))


@cache
def _has_tags_all(kind: str) -> bool:
    """Return whether the source of a kind's class defines `tags_all`. Importing the class would take seconds."""
    provider = find_spec("pulumi_aws")
    folder, _, name = kind.partition("/")
    if provider is None or provider.origin is None:
        return False
    file = Path(provider.origin).parent / (f"{folder}_" if iskeyword(folder) else folder) / f"{snake(name)}.py"
    return file.is_file() and "def tags_all(" in file.read_text(encoding="utf-8")
