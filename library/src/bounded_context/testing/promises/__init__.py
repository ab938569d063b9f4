"""What a repository promises to those who run it, as checks that say in a sentence what breaks one.

They look at what there is: at the resources that the repository's own program registers, its own ones beside the
platform's, at its handlers and at its documents. So a bucket, a queue or a function of a team's own has to keep the
promises too, and one that keeps them turns none red::

    @pytest.mark.parametrize("promise", PROMISES, ids=str)
    def test_the_repository_keeps(promise: Promise) -> None:
        breaches = promise.breaches(repository())
        assert not breaches, "\\n".join(breaches)
"""

from . import code, data, documents, fields, losses, permissions, released, releases, requests, watching
from ._promise import Promise, Repository, repository

PROMISES: tuple[Promise, ...] = tuple(
    Promise.made_of(check)
    for module in (permissions, losses, data, releases, watching, code, fields, documents, released, requests)
    for check in module.CHECKS
)
"""All of them."""

__all__ = ["PROMISES", "Promise", "Repository", "repository"]
