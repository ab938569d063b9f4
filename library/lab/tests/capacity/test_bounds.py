"""The time of large lists in production with default settings, on a table that has had this load."""

from dataclasses import replace

import pytest

from bounded_context_lab.capacity.advice import Answer, Throttle
from bounded_context_lab.capacity.model import Model, with_rate
from bounded_context_lab.capacity.simulation import EXECUTIONS, Plan, simulate
from tests.cost.workflows import PARTS, RANGES, with_ranges, without_map

MILLION = 10**6
MINUTE = 60


@pytest.fixture(scope="session")
def large(prod: Model) -> Model:
    """Production with the largest default lists, and the map that validates their ranges."""
    return replace(prod, graph=with_ranges(prod.graph))


def raised(answer: Answer) -> Plan:
    """The plan with the quotas that the answer names, at the values that it names."""
    plan = answer.plan
    for throttle in answer.throttles:
        if throttle.asked:
            times = throttle.needed / answer.model.quotas[throttle.limit].value
            plan = (
                _more_executions(plan, answer, throttle)
                if throttle.limit == EXECUTIONS
                else with_rate(plan, throttle.limit, times)
            )
    return plan


def _more_executions(plan: Plan, answer: Answer, quota: Throttle) -> Plan:
    return replace(plan, executions=int(plan.executions + quota.needed - answer.model.quotas[EXECUTIONS].value))


def check(answer: Answer, minutes: float) -> None:
    """Check that the quotas which the answer names are the only reason why the rows or their events are later."""
    assert answer.refusals == []
    simulation = simulate(raised(answer))
    assert simulation.imported <= minutes * MINUTE
    assert simulation.total - simulation.imported <= MINUTE
    if answer.warm.imported > minutes * MINUTE:
        assert sum(throttle.row_seconds for throttle in answer.throttles) >= answer.warm.imported - minutes * MINUTE
    if answer.warm.total - answer.warm.imported > MINUTE:
        assert answer.throttles[0].limit == "messages"


def test_a_million_rows_are_imported_in_two_minutes_and_published_a_minute_later(large: Model) -> None:
    """SNS's default quota delays the last events by some seconds more, and the answer names it."""
    answer = Answer(large, MILLION, large.lists(MILLION))
    check(answer, minutes=2)
    assert answer.warm.imported <= 2 * MINUTE
    assert answer.warm.total - answer.warm.imported <= MINUTE + 10
    assert {"reads", "messages"} <= {throttle.limit for throttle in answer.throttles}


def test_ten_million_rows_of_two_lists_are_imported_in_ten_minutes_with_the_named_quotas(large: Model) -> None:
    """Also with the default quota of reads. SNS's default quota delays the events."""
    answer = Answer(large, 10 * MILLION, 2)
    check(answer, minutes=10)
    assert answer.warm.imported <= 10 * MINUTE
    assert {"reads", "messages"} <= {throttle.limit for throttle in answer.throttles if throttle.asked}


def test_ten_million_rows_of_one_list_take_longer_than_of_two(large: Model) -> None:
    """Its children write 20,000 rows a second, with any quotas."""
    assert large.lists(10 * MILLION) == 1
    single, two = (simulate(raised(Answer(large, 10 * MILLION, lists))) for lists in (1, 2))
    assert single.imported > 10 * MINUTE > two.imported


@pytest.mark.parametrize("name", [RANGES, PARTS])
def test_without_a_map_the_bound_is_exceeded(large: Model, name: str) -> None:
    """The check of a million rows finds a workflow with one call for all ranges, or for all parts."""
    slow = replace(large, graph=without_map(large.graph, name))
    with pytest.raises(AssertionError):
        check(Answer(slow, MILLION, 1), minutes=2)


@pytest.mark.parametrize("rows", [10**7, 10**8, 10**9])
def test_a_question_beyond_the_quotas_names_each_quota_and_its_needed_value(large: Model, rows: int) -> None:
    """With the least number of lists. The named values remove the delays of rows."""
    answer = Answer(large, rows, large.lists(rows))
    named = {throttle.limit: throttle for throttle in answer.throttles}
    assert {"messages", "reads"} <= set(named)
    assert ("writes" in named) is (answer.lists > 2)
    for limit, throttle in named.items():
        if throttle.asked:
            assert throttle.asked == large.quotas[limit].asked
            assert throttle.needed > large.quotas[limit].value
    assert simulate(raised(answer)).imported < answer.warm.imported
    assert all("raise the quota" in sentence or "send more lists" in sentence for sentence in answer.refusals)
