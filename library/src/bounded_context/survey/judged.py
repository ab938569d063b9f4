"""What a repository's production is made of, and which policies it breaks."""

from collections import Counter
from typing import Any

from ..policies import POLICIES, PRODUCTION, judged, waivers
from ..project import Project
from ..testing.graph import Graph, Program

Told = dict[str, Any]


def production(project: Project) -> Told:
    """Return what production is made of, as JSON has it.

    - `resources`: how many there are of each kind;
    - `policies`: the sentences that say what breaks a policy, by its name;
    - `waived`: how often a policy is waived, by its name.

    Raises what the repository's program raises, and BadWaiver.
    """
    graph = Program(project.service, project.package).run(PRODUCTION)
    found = judged(POLICIES, lambda one: one.violations(graph), waivers(project.settings, POLICIES), PRODUCTION)
    return {
        "resources": _resources(graph),
        "policies": {
            one.policy.name: [broken.sentence for broken in one.violations] for one in found if one.violations
        },
        "waived": {one.policy.name: len(one.waived) for one in found if one.waived},
    }


def _resources(graph: Graph) -> dict[str, int]:
    return dict(sorted(Counter(node.kind for node in graph.nodes).items()))
