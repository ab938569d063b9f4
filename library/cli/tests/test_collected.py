"""The collector of cycles rests while a program runs, and works again afterwards."""

import gc
from typing import Any

import pytest
from pulumi.output import Unknown
from pulumi.runtime import rpc

from bounded_context_cli.programs.pulumi_program import little_garbage


def test_it_works_again_after_an_error() -> None:
    """Whatever the program raises."""
    with pytest.raises(ValueError, match="why"), little_garbage():
        assert not gc.isenabled()
        raise ValueError("why")
    assert gc.isenabled()


def test_garbage_collection_resumes_after_the_outer_block() -> None:
    """A run within a run."""
    with little_garbage():
        with little_garbage():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


@pytest.mark.parametrize(
    ("value", "unknown"),
    [({"a": [1, Unknown()]}, True), ([{"a": Unknown()}], True), (Unknown(), True), ({"a": [{}]}, False)],
)
def test_an_unknown_value_is_recognised_as_in_pulumi(value: Any, unknown: bool) -> None:
    """In lists and objects, however deep."""
    assert rpc.contains_unknowns(value) is unknown
    with little_garbage():
        assert rpc.contains_unknowns(value) is unknown


@pytest.mark.slow
def test_a_program_leaves_no_function_for_each_value() -> None:
    """Each would be a cycle, which lives until it is searched for."""
    gc.collect()
    with little_garbage():
        before = len(gc.get_objects())
        rpc.contains_unknowns([[number] for number in range(1_000)])
        assert len(gc.get_objects()) < before + 100
