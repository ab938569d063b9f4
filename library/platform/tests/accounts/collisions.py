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
    source = next(principal for principal in base.principals if principal.name == "dev deploy")
    for name, prefix in documents.colliding_contexts().items():
        whole = replace(base, resources=(*base.resources, *foreign(_LAYOUT, {name: prefix})))
        if _changes(whole, source, name, "function"):
            yield f"context {name}"


def _stacks() -> Iterator[str]:
    """Yield the stacks whose deployments may change roles of the pipeline, or the bucket of the state."""
    account = _LAYOUT.account(PIPELINE)
    for name, document in documents.reserved_stacks(account).items():
        arn = documents.role_arn(account, name, "deploy")
        source, _ = owned_role(f"deploy of {name}", name, arn, [document], trusting(["nobody"]))
        if _changes(world(_LAYOUT.name), source, PIPELINE, "role", "bucket"):
            yield f"stack {name}"


def _changes(world: World, source: Principal, domain: str, *kinds: str) -> bool:
    reached = (step.resource for step in Reach(world).steps(source) if step.gain != "read")
    return any(resource.domain == domain and resource.kind in kinds for resource in reached)
