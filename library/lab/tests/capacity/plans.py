"""Plans of any lists under any limits, for properties."""

from dataclasses import replace

from hypothesis import strategies as st

from bounded_context_lab.capacity.simulation import Plan, Rate, Stage

PARTS = (250, 1000, 5000)


def _rate(a_second: float, **numbers: bool) -> st.SearchStrategy[Rate]:
    speeds = st.sampled_from([a_second / 50, a_second / 5, a_second, a_second * 20])
    return st.builds(Rate, speeds, st.sampled_from([0.0, 3.0, 1000.0]), **{k: st.just(v) for k, v in numbers.items()})


def _ramp(a_second: float) -> st.SearchStrategy[Rate]:
    """The limit of a new table, which doubles soon, late or never."""
    return st.builds(Rate, st.just(a_second), doubling=st.sampled_from([0.0, 5.0, 50.0]), most=st.just(10 * a_second))


def _stages(ranges: int | None, verified: int | None, imported: int, reserved: int | None) -> tuple[Stage, ...]:
    return (
        Stage("registration", call=0.6),
        Stage("validation", "plan", row=1 / 1_000_000),
        Stage("validation", "ranges", lanes=ranges, item_rows=7000, call=0.15, part=0.15, row=1 / 60_000),
        Stage("validation", "join", row=1 / 1_000_000),
        Stage("verification", "parts", lanes=verified, part=0.15, row=2 / 10_000, of_row={"reads": 2}),
        Stage("verification", "decision", part=0.015),
        Stage(
            "import",
            lanes=imported,
            part=0.15,
            row=1 / 1000,
            of_row={"writes": 1, "keys": 1},
            of_call={"starts": 1},
            reserved=reserved,
        ),
    )


PLANS = st.builds(
    Plan,
    rows=st.integers(1, 60_000),
    lists=st.integers(1, 6),
    part_rows=st.sampled_from(PARTS),
    stages=st.builds(
        _stages,
        st.sampled_from([None, 1, 4]),
        st.sampled_from([None, 1, 3, 9]),
        st.sampled_from([1, 2, 7, 20]),
        st.sampled_from([None, 1, 5]),
    ),
    events=st.just(Stage("events", call=0.5, part=0.45, of_row={"relay": 1, "messages": 1})),
    rates=st.fixed_dictionaries(
        {
            "reads": _rate(40_000),
            "writes": _ramp(4000),
            "keys": _rate(16_000, each_list=True),
            "starts": _rate(300),
            "scaling": _rate(100),
            "relay": _rate(20_000),
            "messages": _rate(9000),
        }
    ),
    executions=st.sampled_from([1, 2, 7, 1000]),
    cold_start=st.sampled_from([0.0, 1.5]),
)


def widened(plan: Plan, lanes: int) -> Plan:
    """The plan with more children of each map."""
    stages = tuple(stage if stage.lanes is None else replace(stage, lanes=stage.lanes + lanes) for stage in plan.stages)
    return replace(plan, stages=stages)
