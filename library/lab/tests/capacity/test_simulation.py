"""Properties of the simulation: rows are conserved, and more of a resource is never slower."""

from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounded_context_lab.capacity.model import with_rate
from bounded_context_lab.capacity.simulation import EXECUTIONS, Meter, Plan, Rate, Stage, simulate

from .plans import PLANS, widened

FEW = settings(max_examples=25)
ROUNDING = 1 + 1e-9


@FEW
@given(PLANS)
def test_each_row_of_a_list_is_delivered_once_and_the_stages_fill_the_time(plan: Plan) -> None:
    simulation = simulate(plan)
    assert 0 <= simulation.delivered * plan.lists - plan.rows < plan.lists
    assert sum(simulation.stages.values()) == pytest.approx(simulation.total)
    assert sum(simulation.phases.values()) + simulation.stages["events"] == pytest.approx(simulation.total)
    assert set(simulation.longest) == {stage.title for stage in plan.stages}


@FEW
@given(PLANS, st.integers(1, 20_000))
def test_more_rows_are_never_faster(plan: Plan, more: int) -> None:
    assert simulate(replace(plan, rows=plan.rows + more)).total * ROUNDING >= simulate(plan).total


@FEW
@given(PLANS, st.integers(1, 8))
def test_more_concurrency_is_never_slower(plan: Plan, more: int) -> None:
    total = simulate(plan).total * ROUNDING
    assert simulate(widened(plan, more)).total <= total
    assert simulate(replace(plan, executions=plan.executions + more)).total <= total


@FEW
@given(PLANS)
def test_a_higher_limit_is_never_slower(plan: Plan) -> None:
    total = simulate(plan).total * ROUNDING
    for rate in plan.rates:
        assert simulate(with_rate(plan, rate, 1.5)).total <= total


@pytest.mark.parametrize(
    ("place", "name", "fault"),
    [
        (Plan, "parts", property(lambda plan: [plan.part_rows] * (plan.rows // plan.part_rows))),
        (Meter, "passes", lambda meter, now, units: now + units * meter.rate.a_second / 1e3),
    ],
    ids=["a lost part", "a limit that slows down"],
)
def test_planted_faults_are_detected(place: type, name: str, fault: Any) -> None:
    checks: list[Any] = [
        test_each_row_of_a_list_is_delivered_once_and_the_stages_fill_the_time,
        test_a_higher_limit_is_never_slower,
    ]
    with patch.object(place, name, fault), pytest.raises(AssertionError):
        for check in checks:
            check.hypothesis.inner_test(limited(10_500))


def limited(rows: int) -> Plan:
    """A list whose events have a limit."""
    stages = (Stage("import", lanes=2, row=1 / 1000),)
    rates = {"scaling": Rate(100, 1000), "messages": Rate(9000)}
    return Plan(rows, 1, 1000, stages, Stage("events", of_row={"messages": 1}), rates, executions=1000)


def test_a_new_table_doubles_its_limit() -> None:
    """4,000 units a second for half an hour, and twice as many after that."""
    meter = Meter(Rate(4000, doubling=1800, most=40_000))
    assert meter.passes(0, 4000 * 1800) == 1800
    assert meter.passes(0, 8000 * 600) == 2400


def test_verification_by_children_takes_its_share_of_the_time() -> None:
    """One call reads a million rows at 10,000 a second; ten children take a tenth of it."""

    def seconds(lanes: int | None) -> float:
        stages = (Stage("verification", lanes=lanes, row=1 / 10_000),)
        plan = Plan(10**6, 1, 5000, stages, Stage("events"), {"scaling": Rate(100, 1000)}, executions=1000)
        return simulate(plan).stages["verification"]

    assert (seconds(None), seconds(10)) == (pytest.approx(100), pytest.approx(10))


def test_the_phases_of_a_stage_share_its_environments() -> None:
    """A call leaves its environment to a child. The other children wait for a new environment."""
    stages = (Stage("validation", "plan", call=1), Stage("validation", "ranges", lanes=2, item_rows=1000, row=1 / 1000))
    rates = {"scaling": Rate(100, 1000)}
    plan = Plan(2000, 1, 1000, stages, Stage("events"), rates, executions=1000, cold_start=10)
    simulation = simulate(plan)
    assert simulation.phases["validation (plan)"] == 10 + 1
    # One child processes both ranges before the other has an environment.
    assert simulation.phases["validation (ranges)"] == pytest.approx(2)


def test_a_child_of_the_validation_has_a_range_and_not_a_part() -> None:
    stage = Stage("validation", "ranges", lanes=2, item_rows=3000)
    plan = Plan(10_000, 1, 1000, (stage,), Stage("events"), {}, executions=1000)
    assert plan.items(stage) == [3000, 3000, 3000, 1000]
    assert plan.items(replace(stage, item_rows=0)) == [1000] * 10
    assert plan.items(replace(stage, lanes=None)) == [10_000]


def test_lists_share_the_executions_of_an_account() -> None:
    """Twenty lists of four children each have 40 executions: two for each list."""
    stages = (Stage("import", lanes=4, row=1 / 1000),)
    plan = Plan(20 * 4000, 20, 1000, stages, Stage("events"), {"scaling": Rate(100, 1000)}, executions=40)
    assert simulate(plan).total == pytest.approx(2)
    assert EXECUTIONS in simulate(plan).waits
    assert simulate(replace(plan, executions=10)).total == pytest.approx(2 * 4)
