"""Trust policies of the workflows' roles: GitHub's OpenID Connect provider, for one repository and kind of job."""

import re
from typing import Any, Final

from ....configuration.project import ProjectError
from ..temporary_stacks.kinds import PULL_REQUEST, SANDBOX

PROVIDER: Final = "token.actions.githubusercontent.com"
AUDIENCE: Final = "sts.amazonaws.com"
ENVIRONMENT: Final = "preview-stacks"
"""GitHub's environment for the deployment of preview stacks, whose rules name the reviewers."""

# Since 18 June 2026 new repositories have their ids in the subject: org@1/repo@2 (GitHub, "OpenID Connect reference").
_REPOSITORY: Final = re.compile(r"[\w.-]+(@\d+)?/[\w.-]+(@\d+)?")


class NoRepository(ProjectError):
    """The error for a missing or invalid repository; the message has the remedy."""


def trust(stack: str, account: str, repository: str | None, branch: str) -> dict[str, Any]:
    """Return the trust policy of a role that previews `stack`, or changes stacks of a kind. Raises NoRepository."""
    if repository is None or not _REPOSITORY.fullmatch(repository):
        raise NoRepository(
            "GitHub's repository is not known: write it, `--repository org/repo`, or org@1/repo@2 with its ids."
        )
    subjects = [f"repo:{repository}:{subject}" for subject in _subjects(stack, branch)]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/{PROVIDER}"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {f"{PROVIDER}:aud": AUDIENCE, f"{PROVIDER}:sub": subjects}},
            }
        ],
    }


def _subjects(stack: str, branch: str) -> list[str]:
    swept = f"ref:refs/heads/{branch}"
    by_kind = {PULL_REQUEST.prefix: [f"environment:{ENVIRONMENT}", swept], SANDBOX.prefix: [swept]}
    return by_kind.get(stack, ["pull_request"])
