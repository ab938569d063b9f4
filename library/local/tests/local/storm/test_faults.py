"""The faults of a stack: everything that can fail is in its graph, and each fault has an alarm, or a reason."""

from typing import Final

import pytest

from bounded_context_cli.programs import Graph
from bounded_context_cli.programs.recording import run
from bounded_context_lab.storm.expected_alarms import TABLE
from bounded_context_lab.storm.faults import EDGES, Fault, derive
from bounded_context_lab.storm.planting import _PLANTS
from tests.infra.contexts import DEFAULT

TARGETS: Final = {
    "kill": ("lambda/function",),
    "repeat": EDGES,
    "reorder": EDGES,
    "delay": EDGES,
    "revoke": ("iam/role",),
}

NEWEST: Final = "on-event-new-version-errors"

WITHOUT_ALARM: Final = {"kill:pre-traffic", "kill:post-traffic", "revoke:pre-traffic", "revoke:post-traffic"}
"""The hooks of a release: CodeDeploy itself rolls back."""


@pytest.fixture(scope="module")
def graph() -> Graph:
    return run("local")


@pytest.fixture(scope="module")
def faults(graph: Graph) -> dict[str, Fault]:
    faults = derive(graph, DEFAULT)
    assert len({fault.name for fault in faults}) == len(faults)
    return {fault.name: fault for fault in faults}


@pytest.mark.parametrize("kind", TARGETS)
def test_each_function_table_queue_edge_and_role_has_its_faults(kind: str, graph: Graph, faults: dict[str, Fault]):
    expected = {f"{kind}:{node.name}" for node in graph.of(*TARGETS[kind])}
    assert {name for name, fault in faults.items() if fault.kind == kind} == expected
    assert expected


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("refuse", {"table", "fanout", "inbound-dead-letters"}),
        ("throttle", {"table", "fanout", "payment-local-inbox", "list-import", "key", "events-bi"}),
        ("deny", {"table", "fanout", "payment-local-inbox", "list-import", "key", "events-bi", "inbound"}),
        ("hang", {"get-payment", "import-list", "relay-events", "on-event"}),
        ("spoil", {"relay-events-stream", "measure-lists-stream", "inbound-queue"}),
    ],
)
def test_services_refuse_calls_hang_and_records_are_unreadable(kind: str, names: set[str], faults: dict[str, Fault]):
    tried = {fault.target.name for fault in faults.values() if fault.kind == kind and not fault.untried}
    assert names <= tried


def test_each_kind_of_fault_can_be_planted(faults: dict[str, Fault]):
    assert {(fault.kind, fault.target.kind) for fault in faults.values()} == set(_PLANTS)


def test_the_table_has_one_entry_for_each_kind_type_and_part():
    keys = [(kind, entry.type, entry.part) for entry in TABLE for kind in entry.kinds]
    assert len(set(keys)) == len(keys)


def test_each_fault_that_can_stop_work_has_an_alarm(faults: dict[str, Fault]):
    stopping = [fault for fault in faults.values() if not fault.untried and fault.target.kind != "apigatewayv2/route"]
    assert {fault.name for fault in stopping if not fault.alarms} == WITHOUT_ALARM


@pytest.mark.parametrize(
    ("name", "alarms"),
    [
        ("kill:get-payment", {"callers-errors", "api-errors", "get-payment-new-version-errors"}),
        ("throttle:table", {"table-throttles"}),
        ("throttle:events-bi", {"events-age", "dead-letters-warning"}),
        ("refuse:fanout", {"relay-events-stream-age"}),
        ("deny:events-bi", {"dead-letters-warning"}),
        ("spoil:relay-events-stream", {"relay-events-stream-age", "dead-letters-critical"}),
        ("delay:measure-lists-stream", {"mappings-failing", "measure-lists-stream-age"}),
        ("delay:upload-completed", {"lists-uploads-unseen", "dead-letters-critical"}),
        ("kill:import-list", {"background-errors", "list-import-failed", "import-list-new-version-errors"}),
        ("revoke:import-list", {"background-errors", "list-import-failed", "import-list-new-version-errors"}),
        ("revoke:on-event", {"background-errors", "dead-letters-warning", "inbound-age", "mappings-failing", NEWEST}),
    ],
)
def test_the_alarms_equal_the_table(name: str, alarms: set[str], faults: dict[str, Fault]):
    assert faults[name].alarms == alarms


def test_a_missing_alarm_is_still_expected(faults: dict[str, Fault]):
    """The expectation does not follow the stack: a fault without its alarm is silent."""
    quiet = {fault.name: fault for fault in derive(run("local", alarms="critical"), DEFAULT)}
    assert {name: fault.alarms for name, fault in quiet.items()} == {
        name: fault.alarms for name, fault in faults.items()
    }
