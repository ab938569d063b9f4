"""Technical failures: nothing of the list stays, and nobody else is touched."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from bounded_context_local.observation import invocations
from bounded_context_local.running.context import RunningContext

from .facts import CREATED, DELETED, LIST_REJECTED
from .lists import Sample, import_list, measured
from .machines import redriven
from .outages import denied, denied_on

pytestmark = pytest.mark.e2e


def test_failure_in_the_middle_of_the_import(deployed: RunningContext, sample: Callable[[int], Sample]):
    """When one part cannot be read, the parts that were written are undone, and only they."""
    neighbour = import_list(deployed, sample(300), expected=301)
    before = deployed.table.imported_items(neighbour.list_id)
    with denied(deployed, "import_list", "s3:GetObject", "staging/*/part-00001"):
        result = import_list(deployed, sample(750), expected=2 * 500 + 1)
    assert (result.outcome, result.record["status"], result.imported) == ("FAILED", "FAILED", 0)
    assert result.record["imported_parts"] == {0, 2}
    for received in result.events.values():
        assert Counter(event["type"] for event in received) == {CREATED: 500, DELETED: 500, LIST_REJECTED: 1}
    assert {event["data"]["outcome"] for event in result.own_events()} == {"FAILED"}
    assert result.report is not None
    assert "technical failure" in result.report
    cause = result.record["failure"]
    assert (cause["step"], cause["part"], cause["error"]) == ("import_list", 1, "AccessDenied")
    assert "frame" not in cause  # the step is the library's
    assert "GetObject" in cause["message"]
    assert "GetObject" in str(_execution(deployed, result.list_id)["cause"])
    assert not any(
        internal in result.report + str(result.own_events()) for internal in ("GetObject", "src/", "AccessDenied")
    )
    assert deployed.table.imported_items(neighbour.list_id) == before
    assert {"ListsFailed", "ListDuration", "ListsLate"} <= measured(deployed, result.list_id)


@pytest.mark.nightly
def test_list_that_failed_can_be_sent_again(deployed: RunningContext, sample: Callable[[int], Sample]):
    """Once the cause is gone, the same rows are imported as if nothing had been."""
    sent = sample(300)
    with denied(deployed, "import_list", "s3:GetObject", "staging/*/part-00001"):
        assert import_list(deployed, sent).outcome == "FAILED"
    assert import_list(deployed, sent, expected=301).imported == 300


def test_import_that_may_not_insert(deployed: RunningContext, sample: Callable[[int], Sample]):
    """Its role is checked for each row."""
    table = deployed.aws.call("dynamodb", "describe_table", TableName=deployed.outputs["table_name"])["Table"]
    with denied_on(deployed, "import_list", "dynamodb:PartiQLInsert", [table["TableArn"]]):
        result = import_list(deployed, sample(10))
    assert (result.outcome, result.imported) == ("FAILED", 0)


def test_failure_before_the_import(deployed: RunningContext, sample: Callable[[int], Sample]):
    """A validation that cannot write its parts ends the execution as failed, with a report and without rows."""
    with denied(deployed, "validate_list", "s3:PutObject", "staging/*"):
        result = import_list(deployed, sample(10))
    assert (result.outcome, result.record["status"], result.imported) == ("FAILED", "FAILED", 0)
    assert result.types() == [[LIST_REJECTED]] * len(deployed.subscribers)
    assert result.report is not None


def test_a_list_that_was_not_registered_raises_an_alarm_and_can_be_redriven(
    deployed: RunningContext, sample: Callable[[int], Sample]
):
    """Nobody but its partner knows of it: its execution failed, which the critical alarm counts, and names the file."""
    sent, before = sample(5), _failed(deployed)
    with denied(deployed, "register_list", "s3:ListBucketVersions"):
        uploaded = deployed.partner.upload(sent.name, sent.content)
        broken = deployed.follow(uploaded)
    assert (broken.outcome, broken.list_id) == ("FAILED", None)
    assert _failed(deployed) == before + 1
    assert uploaded.path in deployed.aws.call("stepfunctions", "describe_execution", executionArn=broken.arn)["input"]
    ended = redriven(deployed, broken.arn)
    assert (ended.outcome, deployed.table.imported(str(ended.list_id))) == ("IMPORTED", 5)


def _execution(deployed: RunningContext, list_id: str) -> dict[str, Any]:
    arn = deployed.table.list_item(list_id)["execution"]
    return deployed.aws.call("stepfunctions", "describe_execution", executionArn=arn)


def _failed(deployed: RunningContext) -> float:
    """Return what the alarm on failed imports counts."""
    machine = deployed.outputs["state_machine"].removesuffix(":live")
    samples = invocations.states_samples(machine, invocations.executions(deployed.aws, machine))
    return sum(sample.value for sample in samples if sample.metric == "ExecutionsFailed")
