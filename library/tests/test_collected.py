"""The collector of cycles rests while a program runs, and works again afterwards."""

import gc

import pytest

from bounded_context.collected import collected_later


def test_it_works_again_after_an_error() -> None:
    """Whatever the program raises."""
    with pytest.raises(ValueError, match="why"), collected_later():
        assert not gc.isenabled()
        raise ValueError("why")
    assert gc.isenabled()


def test_who_let_it_rest_before_goes_on() -> None:
    """A run within a run."""
    with collected_later():
        with collected_later():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
