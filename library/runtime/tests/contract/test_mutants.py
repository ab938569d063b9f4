"""Each mutant of the shipped definition is found by a promise of the repository or by a static contract test."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from bounded_context_cli.programs.recording import Graph, run
from bounded_context_cli.promises import Repository, list_workflow, workflow
from bounded_context_infra.configuration.project import current
from tests.contract import test_workflow_and_code, test_workflow_definition
from tests.contract.mutants import mutants

PROMISES = [check for module in (workflow, list_workflow) for check in module.CHECKS]


@pytest.fixture(scope="module")
def prod() -> Graph:
    return run("prod")


def _of(graph: Graph, definition: Any) -> Graph:
    """Return the graph with another definition."""
    text = json.dumps(definition)
    nodes = [
        replace(node, inputs={**node.inputs, "definition": text}) if node.kind == "sfn/stateMachine" else node
        for node in graph.nodes
    ]
    return replace(graph, nodes=nodes)


def _breached(graph: Graph) -> set[str]:
    """Return the names of the promises that a graph breaks."""
    where = Repository(current())
    where.__dict__["graph"] = graph
    return {check.__name__ for check in PROMISES if any(True for _ in check(where))}


def _failed(graph: Graph) -> Iterator[str]:
    """Yield the names of the static contract tests that fail with a graph."""
    for module in (test_workflow_definition, test_workflow_and_code):
        for name, test in _tests(module):
            try:
                test(graph)
            except Exception:
                yield name


def _tests(module: ModuleType) -> Iterator[tuple[str, Any]]:
    for name, test in vars(module).items():
        if name.startswith("test_") and test.__code__.co_varnames[: test.__code__.co_argcount] == ("deployed",):
            yield name, test


PROMISED = re.compile(
    "|".join(
        (
            r"tolerates|ToleratedFailurePercentage lost|(ImportList|UndoList): (EXPRESS|reads)",
            r"Catch lost|Catch with another (Next|ErrorEquals)|PartNot\w+: Result lost",
            r"Retry lost|retrier of (States.ItemReaderFailed|Lambda.ServiceException) lost|ItemReaderFailed retried",
            r"MaxConcurrency (lost|0)|TimeoutSeconds lost|(Is\w+): Default is (?!SplitAgain)",
            r"ALREADY_REGISTERED|IGNORED",
            r"no (size|#status IN)|either condition|another :import|\.\$ is |UpdateExpression|FAILED|no failure",
            r"(ValidateList|VerifySubscription|ValidateRanges|VerifyParts): Next is (ImportList|PublishOutcome|Done)",
        )
    )
)
"""The mutants that a team may make in its own definition, each of which loses data, events or an alarm.

SplitAgain leads to the undo, as the shipped default does.
"""


@pytest.fixture(scope="module")
def definition(prod: Graph) -> Any:
    return prod.one("sfn/stateMachine").document("definition")


@pytest.mark.parametrize("share", [10, pytest.param(1, marks=pytest.mark.nightly)], ids="one in {}".format)
def test_the_promises_detect_the_faults_that_a_team_may_make(share: int, prod: Graph, definition: Any) -> None:
    assert not _breached(_of(prod, definition))
    broken = [(name, mutant) for name, mutant in mutants(definition) if PROMISED.search(name)]
    assert len(broken) > 100
    assert [name for name, mutant in broken[::share] if not _breached(_of(prod, mutant))] == []


@pytest.mark.nightly
def test_no_mutant_survives(prod: Graph, definition: Any) -> None:
    graphs = ((name, _of(prod, mutant)) for name, mutant in mutants(definition))
    assert [name for name, graph in graphs if not _breached(graph) and not any(_failed(graph))] == []
