"""What a repository promises to those who run it, as checks that say in a sentence what breaks one.

They look at what there is: at the resources that the repository's own program registers, its own ones beside the
platform's, at its handlers and at its documents. So a bucket, a queue or a function of a team's own has to keep the
promises too, and one that keeps them turns none red::

    @pytest.mark.parametrize("promise", PROMISES, ids=str)
    def test_the_repository_keeps(promise: Promise) -> None:
        breaches = promise.breaches(repository())
        assert not breaches, "\\n".join(breaches)
"""

from . import code, documents, fields, policies, released, requests, workflow
from ._promise import Promise, Repository, repository

PROMISES: tuple[Promise, ...] = (
    *policies.PROMISES,
    *(
        Promise.made_of(check)
        for module in (policies, code, workflow, fields, documents, released, requests)
        for check in module.CHECKS
    ),
)
"""All of them: the policies of the infrastructure first."""

__all__ = ["PROMISES", "Promise", "Repository", "repository"]
