"""A stack that a repair has paused: its status, its releases, and its way back."""

from datetime import timedelta

import pytest

from tests.repairs import AT, EARLIER, SELECTION, exits, item
from tests.rollout.clients import error

from .conftest import Stack

DENIED = error("GetItem", "AccessDeniedException", "no")


def _line(stack: Stack) -> str:
    """Return the first line of the status."""
    return stack.say("status")[1].splitlines()[0]


def test_the_first_line_of_the_status_is_the_repair_with_its_ends(stack: Stack):
    """The JSON document has the same facts."""
    stack.records.item = item(stack.clock.now() - timedelta(seconds=40))
    line, result = _line(stack), stack.rollout("status")
    assert (result.status, result.report["up_to_date"]) == (0, True)
    assert f"restore to {AT}" in line
    assert "40 s ago" in line
    repair = result.report["repair"]
    assert (repair["kind"], repair["at"], repair["alive"], repair["counts"]) == ("restore", AT, True, {"removed": 2})
    assert exits(line) == [repair["continues"], repair["ends"]]
    assert repair["continues"].startswith(f"uv run context restore test --at {AT} ")
    assert repair["ends"].startswith("uv run context restore test --resume ")


@pytest.mark.parametrize(("seconds", "alive"), [(59, True), (60, False)])
def test_an_owner_is_alive_for_a_minute_after_its_sign(seconds: int, alive: bool, stack: Stack):
    """Until then, another call that continues the repair is refused."""
    stack.records.item = item(stack.clock.now() - timedelta(seconds=seconds))
    assert stack.rollout("status").report["repair"]["alive"] is alive


def test_the_status_has_the_record_of_an_earlier_version(stack: Stack):
    """It has neither an owner nor signs."""
    stack.records.item = EARLIER
    repair = stack.rollout("status").report["repair"]
    assert (repair["kind"], repair["at"], repair["seen"], repair["alive"]) == ("restore", AT, None, False)
    assert len(exits(_line(stack))) == 2


def test_a_selection_is_continued_with_the_same_ids(stack: Stack):
    """Only their digest is stored."""
    stack.records.item = item(selection=SELECTION)
    assert " --only FILE " in stack.rollout("status").report["repair"]["continues"]


def test_a_stack_without_a_repair_has_no_line(stack: Stack):
    """Programs find the same members."""
    report = stack.rollout("status").report
    assert (report["repair"], report["repair_unknown"]) == (None, "")
    assert exits(stack.say("status")[1]) == []


@pytest.mark.parametrize("broken", [{"pk": {"S": "RESTORE-RUN#"}}, {"progress": {"S": '{"at": 5, "kind": []}'}}])
def test_a_record_that_cannot_be_parsed_is_unknown(broken: dict[str, dict[str, str]], stack: Stack):
    """A later version may have written it. The status is complete, and a release waits."""
    stack.records.item = broken
    result = stack.rollout("status")
    assert (result.status, result.report["up_to_date"], result.report["repair"]) == (0, True, None)
    assert result.report["repair_unknown"]
    stack.publish("one")
    assert (stack.rollout("start").status, stack.live("one")) == (2, "1")


def test_a_role_of_an_earlier_policy_sees_and_releases_all_the_same(stack: Stack):
    """One sentence names the missing permission. The account's policies are updated after the library."""
    stack.publish("one")
    stack.records.before["get_item"] = [DENIED, DENIED, DENIED]
    result, first = stack.rollout("status"), _line(stack)
    assert (result.status, result.report["repair"]) == (0, None)
    assert "AccessDeniedException" in result.report["repair_unknown"]
    assert result.report["repair_unknown"] in first
    assert (stack.rollout("start").status, stack.live("one")) == (0, "2")


def test_a_release_waits_for_the_end_of_a_repair(stack: Stack):
    """Nothing changes, and the reason has the commands that end the repair."""
    stack.publish("one", "machine")
    stack.records.item = item(stack.clock.now())
    refused = stack.rollout("start")
    assert (refused.status, refused.report["result"], stack.live("one")) == (2, "refused", "1")
    assert stack.codedeploy.deployments == {}
    assert exits(refused.report["why"]) == [refused.report["repair"]["continues"], refused.report["repair"]["ends"]]
    stack.records.item = None
    assert stack.rollout("start").status == 0


def test_a_release_is_returned_during_a_repair(stack: Stack):
    """A bad release must be gone before the stack resumes."""
    stack.publish("one", "machine")
    assert stack.rollout("start").status == 0
    stack.records.item = item(stack.clock.now())
    ran = stack.rollout("back")
    assert (ran.status, stack.live("one"), ran.report["repair"]["at"]) == (0, "1", AT)
