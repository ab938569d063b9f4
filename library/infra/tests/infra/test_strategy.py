"""Which strategies there are, and how each of them moves traffic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounded_context_infra.configuration.strategy import LONGEST, PREDEFINED, BadStrategy, Strategy

FORMS = ", ".join(PREDEFINED)


@pytest.mark.parametrize(
    ("name", "weights", "minutes"),
    [
        ("AllAtOnce", (100,), 0),
        ("Canary10Percent5Minutes", (10, 100), 5),
        ("Canary10Percent30Minutes", (10, 100), 30),
        ("Linear10PercentEvery1Minute", (10, 20, 30, 40, 50, 60, 70, 80, 90, 100), 9),
        ("Linear10PercentEvery10Minutes", (10, 20, 30, 40, 50, 60, 70, 80, 90, 100), 90),
        ("Canary25Percent20Minutes", (25, 100), 20),
        ("Linear40PercentEvery7Minutes", (40, 80, 100), 14),
    ],
)
def test_a_strategy_shifts_in_steps(name: str, weights: tuple[int, ...], minutes: int) -> None:
    strategy = Strategy.parse(name)
    assert (strategy.weights, strategy.duration) == (weights, minutes)


def test_aws_predefines_nine_strategies() -> None:
    assert len(PREDEFINED) == 9
    assert all(Strategy.parse(name).predefined for name in PREDEFINED)
    assert not Strategy.parse("Canary25Percent20Minutes").predefined


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("", FORMS),
        ("canary", FORMS),
        ("Canary10PercentEvery5Minutes", FORMS),
        ("Linear10Percent5Minutes", FORMS),
        ("Canary\N{DEVANAGARI DIGIT FIVE}Percent5Minutes", FORMS),
        ("Canary0Percent5Minutes", "1 to 99"),
        ("Canary100Percent5Minutes", "1 to 99"),
        ("Canary10Percent0Minutes", "1 to 2880"),
        ("Canary10Percent2881Minutes", "1 to 2880"),
        ("Linear1PercentEvery30Minutes", "2970 minutes.* 2880"),
    ],
)
def test_an_impossible_strategy_is_refused(name: str, remedy: str) -> None:
    """The error quotes the strategy and has the forms or limits."""
    with pytest.raises(BadStrategy, match=f"^{name!r}.*{remedy}"):
        Strategy.parse(name)


@given(percentage=st.integers(1, 99), minutes=st.integers(1, 28), kind=st.sampled_from(["Canary", "Linear"]))
def test_every_strategy_only_adds_traffic_and_ends_with_all_of_it(percentage: int, minutes: int, kind: str) -> None:
    every = "Every" if kind == "Linear" else ""
    strategy = Strategy.parse(f"{kind}{percentage}Percent{every}{minutes}Minutes")
    assert strategy.weights == tuple(sorted(set(strategy.weights)))
    assert (strategy.weights[0], strategy.weights[-1]) == (percentage, 100)
    assert strategy.duration <= LONGEST
