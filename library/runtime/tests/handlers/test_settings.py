"""What a function says when its environment is wrong."""

import pytest
from payment.context import PAYMENT
from pydantic import BaseModel

from bounded_context.declaration.entry_points import BadEnvironment
from bounded_context.settings import ValidationSettings, load
from tests.function_settings import by_function


@pytest.mark.parametrize("kind", sorted(set(by_function(PAYMENT).values()), key=str), ids=lambda kind: kind.__name__)
def test_a_missing_variable_names_itself(kind: type[BaseModel], monkeypatch: pytest.MonkeyPatch):
    """The first log line of a wrongly configured function says what to set."""
    for name in kind.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    with pytest.raises(BadEnvironment) as error:
        load(kind, PAYMENT)
    assert {*error.value.variables} == {name.upper() for name in kind.model_fields}


@pytest.mark.parametrize("share", ["-0.1", "1.5", "some"])
def test_a_share_is_between_zero_and_one(share: str, monkeypatch: pytest.MonkeyPatch):
    """A tolerance of 150 % is a mistake."""
    for name in ValidationSettings.model_fields:
        monkeypatch.setenv(name.upper(), "1")
    monkeypatch.setenv("TOLERATED_SHARE", share)
    with pytest.raises(BadEnvironment) as error:
        load(ValidationSettings)
    assert "TOLERATED_SHARE" in error.value.variables
    assert share not in str(error.value)
