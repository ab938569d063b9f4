"""What this repository promises to those who run it; each breach is a sentence that says what to write."""

import pytest
from bounded_context.testing.promises import PROMISES, Promise, repository


@pytest.mark.parametrize("promise", PROMISES, ids=str)
def test_the_repository_keeps(promise: Promise):
    breaches = promise.breaches(repository())
    assert not breaches, "\n".join(breaches)
