"""What is certain in a preview: a value that AWS has yet to make up is not a breach.

A policy is asked about the resources as far as they are known, and what it looks at that is not known yet is noted.
What it then says of a resource counts, unless such a value is that resource's own, or is made of it: a bucket that no
known policy guards may be guarded by one that names it by an ARN of tomorrow. So the first preview of a stack refuses a
queue without encryption, and no bucket for what nobody can know.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..graph import Graph, Node
from ._policy import Policy, Violation

UNKNOWN: Final = "(not known yet)"
"""What stands for a value that AWS has yet to make up; it is no part of any name, ARN or URL."""

_NO_DOCUMENT: Final[Mapping[str, Any]] = {"Statement": []}


@dataclass(frozen=True)
class Registered:
    """A resource as Pulumi's engine tells of it.

    ``needs`` are the URNs of the resources that each input is made of; a value in ``inputs`` or ``outputs`` is UNKNOWN
    if AWS has yet to make it up.
    """

    type: str
    name: str
    urn: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    protect: bool
    ignore_changes: frozenset[str]
    needs: Mapping[str, frozenset[str]]


def certain(policy: Policy, resources: Sequence[Registered]) -> list[Violation]:
    """Return what breaks a policy, whatever the values will be that are not known yet."""
    doubtful: set[str] = set()
    try:
        found = policy.violations(_graph(resources, doubtful))
    except (AttributeError, KeyError, TypeError, ValueError):
        if not doubtful:
            raise
        return []  # it stands on what is not known yet, where it has a shape
    return [one for one in found if one.node.urn not in doubtful]


class _Inputs(Mapping[str, Any]):
    """Inputs of a resource, which note whom a value concerns that is looked at and not known yet."""

    def __init__(self, of: Registered, doubtful: set[str]) -> None:
        self._of = of
        self._doubtful = doubtful

    def __getitem__(self, key: str) -> Any:
        value = self._of.inputs[key]
        if _has_unknown(value):
            self._doubtful.update({self._of.urn}, self._of.needs.get(key, ()))
        return value

    def __contains__(self, key: object) -> bool:
        return key in self._of.inputs  # whether it is set is known

    def __iter__(self) -> Iterator[str]:
        return iter(self._of.inputs)

    def __len__(self) -> int:
        return len(self._of.inputs)


class _Node(Node):
    """A resource of which some values are not known yet."""

    def document(self, key: str = "policy") -> dict[str, Any]:
        return dict(_NO_DOCUMENT) if self.inputs[key] == UNKNOWN else super().document(key)


def _graph(resources: Sequence[Registered], doubtful: set[str]) -> Graph:
    return Graph([_node(one, doubtful) for one in resources if one.type.startswith("aws:")])


def _node(of: Registered, doubtful: set[str]) -> Node:
    return _Node(
        type=of.type,
        name=of.name,
        urn=of.urn,
        inputs=_Inputs(of, doubtful),
        outputs={key: f"{of.urn} {key}" if value == UNKNOWN else value for key, value in of.outputs.items()},
        protect=of.protect,
        retain_on_delete=True,  # the engine tells a pack nothing of it
        ignore_changes=of.ignore_changes,
        dependencies=frozenset(),
    )


def _has_unknown(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_unknown, value.values()))
    return any(map(_has_unknown, value)) if isinstance(value, list) else value == UNKNOWN
