"""The survey of a repository: its declared facts, its production's resources, and their policy violations."""

import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bounded_context_cli.policies import POLICIES, PRODUCTION, judged, waivers
from bounded_context_cli.programs.recording import Program
from bounded_context_infra.configuration.project import VARIABLE, Project, ProjectError, at

from .declared import declared


def survey(root: Path) -> dict[str, Any]:
    """Return the facts of a repository as JSON values. The process cannot survey another repository afterwards.

    The result has the members of `declared` and of `production`. If either function fails, its members are missing, and
    `error` has a sentence with the reason.
    """
    root = root.resolve()
    sys.dont_write_bytecode = True  # a survey writes no files into a repository
    os.environ[VARIABLE] = str(root)
    sys.path[:0] = [str(root / "src"), str(root)]
    return _facts(root, declared) | _facts(root, production)


def production(project: Project) -> dict[str, Any]:
    """Return the facts about production as JSON values.

    - `resources`: the number of resources of each kind;
    - `policies`: the sentences of violations, by the policy's name;
    - `waived`: the number of waived violations, by the policy's name.

    Raises BadWaiver, and the exceptions of the repository's program.
    """
    graph = Program(project.service, project.package).run(PRODUCTION)
    waived = waivers(project.settings, POLICIES)
    results = judged(POLICIES, lambda policy: policy.violations(graph), waived, PRODUCTION)
    broken = {result.policy.name: [violation.sentence for violation in result.violations] for result in results}
    return {
        "resources": dict(sorted(Counter(node.kind for node in graph.nodes).items())),
        "policies": {name: sentences for name, sentences in broken.items() if sentences},
        "waived": {result.policy.name: len(result.waived) for result in results if result.waived},
    }


def _facts(root: Path, read: Callable[[Project], dict[str, Any]]) -> dict[str, Any]:
    try:
        return read(at(root))
    except ProjectError as error:
        return {"error": str(error)}
    # A repository's code may raise any exception.
    except Exception as error:
        return {"error": f"{type(error).__name__}: {' '.join(str(error).split())}"}
