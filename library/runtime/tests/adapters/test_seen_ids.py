"""The memory of one file's identities."""

from hypothesis import given
from hypothesis import strategies as st

from bounded_context.adapters.temporary_database import SqliteSeenIds


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=8), max_size=6))
def test_it_remembers_the_first_line_of_each(chunks: list[list[str]]):
    """Within a chunk and across chunks, as a dictionary would."""
    seen, first, line = SqliteSeenIds(), dict[str, int](), 0
    for chunk in chunks:
        numbered = [(identity, line + index) for index, identity in enumerate(chunk)]
        line += len(chunk)
        expected = {at: first[identity] for identity, at in numbered if first.setdefault(identity, at) != at}
        assert seen.first_lines(numbered) == expected
