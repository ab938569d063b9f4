"""The template and the library agree on which strategies there are."""

import pytest
from bounded_context_infra.configuration.strategy import PREDEFINED, BadStrategy, Strategy
from hypothesis import given
from hypothesis import strategies as st

from template.answers import STRATEGIES, check

KIND = st.sampled_from(["Canary", "Linear", "AllAtOnce", "canary", ""])
EVERY = st.sampled_from(["", "Every"])
NUMBER = st.one_of(st.integers(0, 101), st.integers(2800, 2900), st.integers(10**6, 10**12))


def library_takes(name: str) -> bool:
    """Whether the library reads this strategy."""
    try:
        Strategy.parse(name)
    except BadStrategy:
        return False
    return True


def test_the_nine_of_aws_are_the_same() -> None:
    """None is known to one side only."""
    assert PREDEFINED == STRATEGIES


@given(kind=KIND, percentage=NUMBER, every=EVERY, minutes=NUMBER)
def test_the_library_reads_every_accepted_strategy(kind: str, percentage: int, every: str, minutes: int) -> None:
    """An answer that is taken never stops a deployment, and one that would is never taken."""
    name = f"{kind}{percentage}Percent{every}{minutes}Minutes"
    assert (check({"strategy": name}) == []) == library_takes(name)


@pytest.mark.parametrize("name", ["AllAtOnce", "Canary1Percent1Minute", "Linear99PercentEvery2880Minutes"])
def test_both_accept_the_ends_of_the_range(name: str) -> None:
    """The limits are the same to the percent and the minute."""
    assert check({"strategy": name}) == []
    assert library_takes(name)
