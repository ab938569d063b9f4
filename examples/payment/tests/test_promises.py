"""The library's promises: properties of every repository. Each breach is a sentence with the remedy."""

import pytest
from bounded_context.testing.promises import PROMISES, Promise, repository


@pytest.mark.parametrize("promise", PROMISES, ids=str)
def test_the_repository_keeps(promise: Promise):
    breaches = promise.breaches(repository())
    assert not breaches, "\n".join(breaches)
