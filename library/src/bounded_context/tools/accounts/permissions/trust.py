"""Trust policies of the workflows' roles: GitHub's OpenID Connect provider, for one repository and kind of job."""

from collections.abc import Iterable
from typing import Any, Final

from ....configuration.account_settings import REPOSITORY
from ....configuration.partition import AWS, Partition
from ....configuration.project import ProjectError
from ..temporary_stacks.kinds import PULL_REQUEST, SANDBOX

PROVIDER: Final = "token.actions.githubusercontent.com"
ENVIRONMENT: Final = "preview-stacks"
"""GitHub's environment for the deployment of preview stacks, whose rules name the reviewers."""


class NoRepository(ProjectError):
    """The error for a missing or invalid repository; the message has the remedy."""


def trust(stack: str, account: str, repository: str | None, branch: str, partition: Partition = AWS) -> dict[str, Any]:
    """Return the trust policy of a role that previews `stack`, or changes stacks of a kind. Raises NoRepository."""
    if repository is None or not REPOSITORY.fullmatch(repository):
        raise NoRepository(
            f"GitHub's repository is {repository!r}: write `repository` into `infra/account`, or "
            "`--repository org/repo`, in the form of its subjects: org@1/repo@2 with both ids, or org/repo."
        )
    subjects = [f"repo:{repository}:{subject}" for subject in _subjects(stack, branch)]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": partition.arn_of(f"iam::{account}:oidc-provider/{PROVIDER}")},
                "Action": "sts:AssumeRoleWithWebIdentity",
                # The audience is one of the names of STS (aws-actions/configure-aws-credentials, "OIDC Audience").
                "Condition": {"StringEquals": {f"{PROVIDER}:aud": partition.names("sts"), f"{PROVIDER}:sub": subjects}},
            }
        ],
    }


def assumed_by(arns: Iterable[str], partition: Partition) -> dict[str, Any]:
    """Return the trust policy for roles or users, which need not exist yet.

    IAM refuses a principal that does not exist, and stores the id of one that does: after its replacement, the trust
    is lost. The principal is therefore the account, limited to the ARNs by `aws:PrincipalArn` (IAM user guide, "AWS
    JSON policy elements: Principal" and "AWS global condition context keys").
    """
    by_account: dict[str, list[str]] = {}
    for arn in arns:
        by_account.setdefault(arn.split(":")[4], []).append(arn)
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": partition.root(account)},
                "Action": "sts:AssumeRole",
                "Condition": {"ArnEquals": {"aws:PrincipalArn": found}},
            }
            for account, found in by_account.items()
        ],
    }


def _subjects(stack: str, branch: str) -> list[str]:
    swept = f"ref:refs/heads/{branch}"
    by_kind = {PULL_REQUEST.prefix: [f"environment:{ENVIRONMENT}", swept], SANDBOX.prefix: [swept]}
    return by_kind.get(stack, ["pull_request"])
