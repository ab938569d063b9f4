"""The store of the repeated lines of one file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounded_context.adapters.temporary_database import SqliteRepeatedLines
from bounded_context.application.ports import RepeatedLines
from bounded_context.application.results import LinesInMemory

lines = st.dictionaries(st.integers(2, 40), st.integers(1, 40), max_size=20)


@pytest.mark.parametrize("store", [SqliteRepeatedLines, LinesInMemory])
@given(lines=lines, first=st.integers(0, 45), last=st.integers(0, 45))
def test_it_returns_the_lines_between_two_lines(
    store: type[RepeatedLines], lines: dict[int, int], first: int, last: int
):
    """Both ends are included; the lines may be added in any order."""
    repeated = store()
    repeated.add(iter(lines.items()))
    assert repeated.between(first, last) == {line: of for line, of in lines.items() if first <= line <= last}
