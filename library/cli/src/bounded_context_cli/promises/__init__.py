"""The promises: properties that the library's pytest plugin checks in every repository.

Each promise is a check that yields a sentence for each breach. The checks read the repository's handlers and
documents, and the resources that its own program registers. So a team's own buckets, queues and functions are checked
too. A repository with its own ``tests/test_promises.py`` tests the promises itself::

    @pytest.mark.parametrize("promise", PROMISES, ids=str)
    def test_the_repository_keeps(promise: Promise) -> None:
        breaches = promise.breaches(repository())
        assert not breaches, "\\n".join(breaches)
"""

from . import code, documents, inbound, list_workflow, program, workflow
from ._promise import Promise, Repository, repository

PROMISES: tuple[Promise, ...] = (
    *program.PROMISES,
    *(
        Promise.made_of(check)
        for module in (program, code, workflow, list_workflow, documents, inbound)
        for check in module.CHECKS
    ),
)
"""All promises: the policies of the infrastructure first."""

__all__ = ["PROMISES", "Promise", "Repository", "repository"]
