"""The paths by which a role passes the limit of its environment or its task, in each layout."""

import functools
from collections.abc import Iterable, Iterator
from typing import Final

from .admissions import admissions
from .documents import ENVIRONMENTS
from .grants import grants, unexplained
from .jobs import UNLOCKED, executed, files
from .layouts import LAYOUTS, world
from .reach import ADMINISTRATOR, OWN, Finding, Reach
from .resources import PIPELINE
from .world import World

SECTIONS: Final = ("escalations", "documents", "reach", "lacking")
"""Direct uses of an escalation, permissions and admissions without a reason, the ends of all paths, and the state that
a source needs and cannot read."""


@functools.cache
def reach(layout: str) -> Reach:
    """Return the reach in a layout."""
    return Reach(world(layout))


@functools.cache
def computed(section: str, layout: str) -> frozenset[Finding]:
    """Return the findings of a section in a layout."""
    return frozenset(_computed(section, reach(layout)))


def _computed(section: str, reach: Reach) -> Iterable[Finding]:
    if section == "escalations":
        return reach.findings()
    if section == "documents":
        return unexplained(documented(reach.world))
    return ends(reach) if section == "reach" else lacking(reach)


def documented(world: World) -> frozenset[Finding]:
    """Return what the documents of a world permit beyond an environment, with or without a reason."""
    steps = (Finding(UNLOCKED, name, PIPELINE) for name in world.unlocked)
    return frozenset((*grants(world), *admissions(world), *executed(files()), *steps))


def ends(reach: Reach) -> Iterator[Finding]:
    """Yield the environments at the end of each source's paths. The pipeline itself delivers to all environments."""
    for principal in reach.sources():
        if principal.domain == PIPELINE:
            continue
        for end, _ in reach.search(principal):
            target = ADMINISTRATOR if end.domain.startswith("account of") else end.domain
            yield Finding(end.verb, principal.name, target)


_NEEDING: Final = ("pull request", "preview stacks", "sandboxes", *(f"{name}-deploy step" for name in ENVIRONMENTS))


def lacking(reach: Reach) -> Iterator[Finding]:
    """Yield the sources that cannot read the state of their own stack."""
    for principal in reach.sources():
        if principal.name in _NEEDING:
            own = [step for step in reach.steps(principal) if step.resource.domain == principal.domain]
            if "read the state" not in {step.escalation for step in own}:
                yield Finding("read the state", principal.name, OWN)


def intrusions() -> set[str]:
    """Return the changes of an artefact that the next step does not detect."""
    return {name for layout in LAYOUTS for name in world(layout).intrusions}
