"""Names that collide: a prefix covers the resources of another context, of the state, or of the pipeline."""

from collections.abc import Iterator
from dataclasses import replace

from . import documents
from .layouts import LAYOUTS, foreign, owned_role, trusting, world
from .reach import Reach
from .resources import PIPELINE
from .world import Principal, World

_LAYOUT = LAYOUTS["one account"]


def collisions() -> set[str]:
    """Return the names that are permitted, and collide."""
    return {*_contexts(), *_stacks()}


def _contexts() -> Iterator[str]:
    """Yield the contexts whose functions the deployment of dev may change."""
    base = world(_LAYOUT.name)
    source = next(one for one in base.principals if one.name == "dev deploy")
    for name, prefix in documents.colliding_contexts().items():
        found = replace(base, resources=(*base.resources, *foreign(_LAYOUT, {name: prefix})))
        if _changes(found, source, name, "function"):
            yield f"context {name}"


def _stacks() -> Iterator[str]:
    """Yield the stacks whose deployments may change roles of the pipeline, or the bucket of the state."""
    account = _LAYOUT.account(PIPELINE)
    for name, document in documents.reserved_stacks(account).items():
        arn = documents.role_arn(account, name, "deploy")
        source, _ = owned_role(f"deploy of {name}", name, arn, [document], trusting(["nobody"]))
        if _changes(world(_LAYOUT.name), source, PIPELINE, "role", "bucket"):
            yield f"stack {name}"


def _changes(found: World, source: Principal, domain: str, *kinds: str) -> bool:
    reached = (one.resource for one in Reach(found).steps(source) if one.gain != "read")
    return any(one.domain == domain and one.kind in kinds for one in reached)
