"""The collector of cycles rests while a program runs, and works again afterwards."""

import gc
from itertools import count

import pytest

from bounded_context.tools.programs import garbage
from bounded_context.tools.programs.garbage import LEFT, collected_later


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


@pytest.mark.parametrize(("ended", "left"), [(0, True), (LEFT - 1, True), (LEFT, False)])
def test_the_first_programs_leave_their_garbage(ended: int, left: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """To look for it takes longer than it is worth, until it is much."""
    monkeypatch.setattr(garbage, "_ended", count(ended))
    gc.unfreeze()
    with collected_later():
        pass
    assert (gc.get_freeze_count() > 0) is left
    gc.unfreeze()
