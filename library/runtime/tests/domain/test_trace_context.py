"""A place in a trace, in both notations: what is good comes back, what is bad is none, nothing raises."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounded_context.domain.events import TraceContext, accepted, fresh, from_header, from_traceparent

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
HEX = "0123456789abcdef"


def _ids(length: int) -> st.SearchStrategy[str]:
    return st.text(HEX, min_size=length, max_size=length).filter(lambda text: text.strip("0"))


contexts = st.builds(TraceContext, _ids(32), _ids(16), st.booleans())


@given(contexts)
def test_a_context_survives_w3cs_notation(context: TraceContext):
    """What is written is read."""
    assert from_traceparent(context.traceparent) == context


@given(contexts)
def test_a_context_survives_x_rays_notation(context: TraceContext):
    """The root's two parts are the 32 digits; what else the header says is passed over."""
    header = f"Root={context.root};Parent={context.parent};Sampled={context.sampled:d};Lineage=1:a:0"
    assert from_header(header) == context


def test_both_notations_of_one_place():
    """The forms of the documents."""
    context = from_header(f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={PARENT};Sampled=1")
    assert context is not None
    assert context.traceparent == f"00-{TRACE}-{PARENT}-01"
    assert context.root == "1-0af76519-16cd43dd8448eb211c80319c"


@pytest.mark.parametrize(
    "text",
    [
        None,
        1,
        "",
        f"00-{TRACE}-{PARENT}",
        f"00-{TRACE}-{PARENT}-01-more",
        f"00-{TRACE}-{PARENT}-01\n",
        f"01-{TRACE}-{PARENT}-01",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[1:]}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-0x",
    ],
)
def test_a_bad_traceparent_is_ignored_and_replaced(text: Any):
    """Whoever wrote it, the work goes on, in a trace of its own."""
    assert from_traceparent(text) is None
    assert from_traceparent(accepted(text)) is not None


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        ";;=;",
        f"Root=1-{TRACE[:8]}-{TRACE[8:]};Sampled=1",
        f"Root={TRACE};Parent={PARENT};Sampled=1",
        f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent=abc;Sampled=1",
        f"Root=1-{'0' * 8}-{'0' * 24};Parent={PARENT};Sampled=1",
    ],
)
def test_a_bad_header_is_ignored(text: Any):
    """So is one that names no parent: there is no segment to hang anything below."""
    assert from_header(text) is None


@given(st.one_of(st.text(), st.integers(), st.none(), st.binary()))
def test_no_input_raises(anything: Any):
    """An item may hold anything."""
    from_header(anything)
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]", accepted(anything))


def test_a_good_traceparent_is_kept():
    """Only bad ones are replaced."""
    assert accepted(f"00-{TRACE}-{PARENT}-01") == f"00-{TRACE}-{PARENT}-01"


def test_a_fresh_trace_is_not_recorded():
    """Its flag says so to whoever takes part in it."""
    assert fresh().trace != fresh().trace
    assert fresh().traceparent.endswith("-00")
