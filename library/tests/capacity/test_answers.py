"""The answers of `context capacity`: times, limits, refusals and the recommended change."""

import json
from dataclasses import replace

import pytest

from bounded_context.tools.views.capacity.advice import Answer
from bounded_context.tools.views.capacity.model import IMPORT, STAGES, VERIFICATION, Model, with_lanes, with_rate
from bounded_context.tools.views.capacity.quotas import quotas
from bounded_context.tools.views.capacity.simulation import simulate
from bounded_context.tools.views.cost.estimate import estimate
from tests.console import context
from tests.infra.contexts import SHAPES
from tests.infra.graph import run_shape

MILLION = 10**6


def test_a_million_rows_have_a_time_for_each_stage_and_a_cost(capsys: pytest.CaptureFixture[str], prod: Model) -> None:
    assert context("capacity", "prod", "--rows", str(MILLION), "--lists", "1", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found["warm_table"]["stages"]) == list(STAGES)
    assert found["warm_table"]["delivered"] == MILLION
    assert found["usd"] == pytest.approx(estimate(prod.context, prod.graph).per_million, abs=1e-4)
    assert found["bottleneck"] == {"stage": "import", "limit": "the setting import_concurrency (2)"}


def test_verification_takes_the_lookups_of_one_call(prod: Model) -> None:
    """A map of a hundred children takes a hundredth, until the table's reads are the limit."""
    one = prod.plan(MILLION, 1)
    assert one.stage(VERIFICATION).lanes is None
    stages = tuple(replace(stage, lanes=8) if stage.name == VERIFICATION else stage for stage in one.stages)
    sequential, parallel = simulate(one), simulate(replace(one, stages=stages))
    assert parallel.stages[VERIFICATION] < sequential.stages[VERIFICATION] / 3


def test_a_list_beyond_the_limit_names_its_size_and_the_setting(prod: Model) -> None:
    """Also a call that Lambda would stop. The least number of lists is accepted."""
    [size, *calls] = Answer(prod, 10 * MILLION, 1).refusals
    assert "max_list_mb" in size
    assert "verification" in " ".join(calls)
    assert Answer(prod, 10 * MILLION, prod.lists(10 * MILLION)).refusals == []


def test_a_question_beyond_a_quota_names_the_quota_and_its_needed_value(prod: Model) -> None:
    """SNS publishes 9,000 messages a second. The recommended quota removes the delay."""
    answer = Answer(prod, 10 * MILLION, prod.lists(10 * MILLION))
    [worst, *_] = answer.throttles
    assert worst.limit == "messages"
    assert worst.asked == quotas("eu-west-1")["messages"].asked
    assert worst.needed > prod.quotas["messages"].value
    raised = with_rate(answer.plan, "messages", worst.needed / prod.quotas["messages"].value)
    assert answer.warm.total - simulate(raised).total == pytest.approx(worst.seconds, rel=0.05)


def test_a_setting_behind_a_quota_is_recommended_with_the_quota(prod: Model) -> None:
    """More concurrent parts are not faster while SNS limits the events."""
    answer = Answer(prod, 10 * MILLION, prod.lists(10 * MILLION))
    assert answer.change is not None
    assert answer.change.words.startswith("import_concurrency 2 to ")
    assert answer.change.words.endswith("higher quotas")


def test_a_region_has_its_own_quotas(prod: Model) -> None:
    """Most regions publish 300 messages a second."""
    elsewhere = Answer(replace(prod, region="eu-north-1"), MILLION, 1)
    assert elsewhere.warm.total > MILLION / 300 > Answer(prod, MILLION, 1).warm.total


def test_the_recommended_change_saves_its_time(prod: Model) -> None:
    answer = Answer(prod, MILLION, 1)
    assert answer.change is not None
    name, _, value = answer.change.words.partition(" 2 to ")
    assert name == "import_concurrency"
    changed = simulate(with_lanes(answer.plan, int(value)))
    assert answer.warm.total - changed.total == pytest.approx(answer.change.seconds)


def test_a_new_table_throttles_what_a_used_table_accepts(prod: Model) -> None:
    """The map writes 32,000 units a second, and a new table accepts 4,000."""
    fast = [with_lanes(prod.plan(MILLION, 1, new=new), 32) for new in (False, True)]
    used, new = map(simulate, fast)
    assert new.stages[IMPORT] > 2 * used.stages[IMPORT]
    assert {"writes", "writes of by_list"} & set(new.waits)


def test_all_lists_share_the_keys_of_an_index_by_status(prod: Model) -> None:
    """A list has keys of its own in the index by list, and the status of new rows has 16 keys for all lists."""
    listed = replace(prod, context=SHAPES["listed by status"], graph=run_shape("listed by status", "prod"))
    rates = listed.plan(MILLION, 10).rates
    assert not rates["keys of by_status"].each_list
    assert simulate(with_lanes(listed.plan(MILLION, 10), 10)).waits["keys of by_status"] > 0


@pytest.mark.parametrize("arguments", [["moon"], ["prod", "--rows", "0"]])
def test_a_question_that_cannot_be_answered_is_refused(arguments: list[str]) -> None:
    assert context("capacity", *arguments) == 2


def test_a_list_that_is_refused_has_the_exit_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert context("capacity", "prod", "--rows", str(10 * MILLION), "--lists", "1") == 1
    assert "max_list_mb" in capsys.readouterr().out
