"""The resources of a repository's production, and their policy violations."""

from collections import Counter
from typing import Any

from ...configuration.project import Project
from ..policies import POLICIES, PRODUCTION, judged, waivers
from ..programs.recording import Graph, Program

Told = dict[str, Any]


def production(project: Project) -> Told:
    """Return the facts about production as JSON values.

    - `resources`: the number of resources of each kind;
    - `policies`: the sentences of violations, by the policy's name;
    - `waived`: the number of waived violations, by the policy's name.

    Raises BadWaiver, and the exceptions of the repository's program.
    """
    graph = Program(project.service, project.package).run(PRODUCTION)
    found = judged(POLICIES, lambda policy: policy.violations(graph), waivers(project.settings, POLICIES), PRODUCTION)
    return {
        "resources": _resources(graph),
        "policies": {
            result.policy.name: [violation.sentence for violation in result.violations]
            for result in found
            if result.violations
        },
        "waived": {result.policy.name: len(result.waived) for result in found if result.waived},
    }


def _resources(graph: Graph) -> dict[str, int]:
    return dict(sorted(Counter(node.kind for node in graph.nodes).items()))
