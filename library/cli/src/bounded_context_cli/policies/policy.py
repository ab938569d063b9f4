"""Policies, their violations, and certain violations in a preview, in which some values are not known.

A policy checks the known values, and this module records each unknown value that the policy reads. A violation counts
unless the policy read an unknown value that belongs to the resource or is derived from it. For example, the policy of a
bucket may name the bucket by an ARN that is not known yet. The first preview of a stack thus refuses a queue without
encryption, but no bucket whose policy cannot be checked yet. An unknown value may be read as text, list, map or number,
so one unknown value does not end the check of the other resources.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from ..programs import PRODUCTION, Graph, Node


@dataclass(frozen=True)
class Violation:
    """A resource that violates a policy, and the fault with its remedy: `has no alarm: make an alarm on its errors.`"""

    node: Node
    fault: str

    @property
    def resource(self) -> str:
        """The resource's name in the program."""
        return self.node.name

    @property
    def sentence(self) -> str:
        """The resource's kind and name, the fault and the remedy."""
        return f"{self.node.kind} {self.node.name} {self.fault}"


Check = Callable[[Graph], Iterator[Violation]]


@dataclass(frozen=True)
class Policy:
    """A rule for the resources that a program registers.

    Args:
        name: the stable name for waivers and reports, also if the sentence changes.
        sentence: the rule.
        reason: the consequence of a violation.
        check: yields the violations.
        production: whether the policy only applies to the stack `prod`.
    """

    name: str
    sentence: str
    reason: str
    check: Check
    production: bool = False

    def violations(self, graph: Graph) -> list[Violation]:
        """Return the violations, sorted by sentence."""
        return sorted(self.check(graph), key=lambda violation: violation.sentence)

    def holds_in(self, stack: str) -> bool:
        """Return whether the policy applies to a stack."""
        return not self.production or stack == PRODUCTION


def policy(check: Check, *, production: bool = False) -> Policy:
    """Decorate a check, whose docstring has the policy's sentence in its first line, then the reason.

    Raises TypeError if the docstring has no reason.
    """
    sentence, _, reason = inspect.cleandoc(check.__doc__ or "").partition("\n\n")
    if not reason:
        raise TypeError(f"{check.__name__} gives no reason: write it below the first line of its docstring.")
    name = check.__name__.replace("_", "-")
    return Policy(name, sentence.rstrip("."), " ".join(reason.split()), check, production)


def production_policy(check: Check) -> Policy:
    """Decorate a check of a policy that only applies to the stack `prod`."""
    return policy(check, production=True)


class _Unknown(str):
    """A value of unknown shape: its parts and its only element are unknown too, and no comparison holds."""

    def get(self, *_: object) -> Self:
        return self

    def __getitem__(self, _: object) -> Self:
        return self

    def __iter__(self) -> Any:
        yield self

    def __mul__(self, _: object) -> Self:
        return self

    def __lt__(self, _: object) -> bool:
        return False

    def __rmul__(self, _: object) -> Self:
        return self

    __le__ = __gt__ = __ge__ = __lt__


UNKNOWN: Final = _Unknown("(not known yet)")
"""The placeholder of a value that AWS has not created yet. It cannot occur in a name, ARN or URL."""

_NO_DOCUMENT: Final[Mapping[str, Any]] = {"Statement": []}


@dataclass(frozen=True)
class Registered:
    """A resource as Pulumi's engine passes it to the pack.

    ``sources`` has the URNs of the resources from which each input is derived. A value in ``inputs`` or ``outputs`` is
    UNKNOWN if AWS has not created it yet.
    """

    type: str
    name: str
    urn: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    protect: bool
    ignore_changes: frozenset[str]
    sources: Mapping[str, frozenset[str]]


def certain_violations(policy: Policy, resources: Sequence[Registered]) -> list[Violation]:
    """Return the violations of a policy that do not depend on unknown values."""
    doubtful: set[str] = set()
    graph = Graph([_node(resource, doubtful) for resource in resources if resource.type.startswith("aws:")])
    return [violation for violation in policy.violations(graph) if violation.node.urn not in doubtful]


class _Inputs(Mapping[str, Any]):
    """Inputs of a resource that record the resources of each unknown value that is read."""

    def __init__(self, of: Registered, doubtful: set[str]) -> None:
        self._of = of
        self._doubtful = doubtful

    def __getitem__(self, key: str) -> Any:
        value = self._of.inputs[key]
        if _has_unknown(value):
            self._doubtful.update({self._of.urn}, self._of.sources.get(key, ()))
        return value

    def __contains__(self, key: object) -> bool:
        return key in self._of.inputs

    def __iter__(self) -> Iterator[str]:
        return iter(self._of.inputs)

    def __len__(self) -> int:
        return len(self._of.inputs)


class _Node(Node):
    """A resource with values that are not known yet."""

    def document(self, key: str = "policy") -> dict[str, Any]:
        return dict(_NO_DOCUMENT) if self.inputs[key] == UNKNOWN else super().document(key)


def _node(of: Registered, doubtful: set[str]) -> Node:
    return _Node(
        type=of.type,
        name=of.name,
        urn=of.urn,
        inputs=_Inputs(of, doubtful),
        outputs={key: f"{of.urn} {key}" if value == UNKNOWN else value for key, value in of.outputs.items()},
        protect=of.protect,
        retain_on_delete=True,  # the engine does not pass this option to a pack
        ignore_changes=of.ignore_changes,
        dependencies=frozenset(),
    )


def _has_unknown(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_unknown, value.values()))
    return any(map(_has_unknown, value)) if isinstance(value, list) else value == UNKNOWN
