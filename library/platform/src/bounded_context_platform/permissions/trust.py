"""Trust policies of the workflows' roles: GitHub's OpenID Connect provider, for one repository and kind of job."""

from collections.abc import Iterable
from typing import Any, Final

from bounded_context_infra.configuration.account_settings import REPOSITORY
from bounded_context_infra.configuration.partition import AWS, Partition
from bounded_context_infra.configuration.project import ProjectError

from ..temporary_stacks.kinds import PULL_REQUEST, SANDBOX

PROVIDER: Final = "token.actions.githubusercontent.com"
ENVIRONMENT: Final = "preview-stacks"
"""GitHub's environment for the deployment of preview stacks, whose rules name the reviewers."""

SWEEP: Final = "sweep-"
"""The beginning of GitHub's environments for the sweeps. The rest is the kind of the stacks."""


class NoRepository(ProjectError):
    """The error for a missing or invalid repository; the message has the remedy."""


def trust(stack: str, account: str, repository: str | None, branch: str, partition: Partition = AWS) -> dict[str, Any]:
    """Return the trust policy of a role that previews `stack`, or changes stacks of a kind. Raises NoRepository."""
    if not REPOSITORY.matches(repository):
        raise NoRepository(
            f"GitHub's repository is {repository!r}: write `repository` into `infra/account`, or "
            "`--repository org/repo`, in the form of its subjects: org@1/repo@2 with both ids, or org/repo."
        )
    provider = partition.arn_of(f"iam::{account}:oidc-provider/{PROVIDER}")
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": provider},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": _condition(f"repo:{repository}:{job}", branch, partition),
            }
            for job in _jobs(stack)
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


def _jobs(stack: str) -> list[str]:
    """Return the ends of the subjects of the jobs that assume a role: pull requests, or environments."""
    swept = f"environment:{SWEEP}{stack}"
    by_kind = {PULL_REQUEST.prefix: [f"environment:{ENVIRONMENT}", swept], SANDBOX.prefix: [swept]}
    return by_kind.get(stack, ["pull_request"])


def _condition(subject: str, branch: str, partition: Partition) -> dict[str, dict[str, Any]]:
    """Return the condition for the tokens of a job. A sweep also needs the pipeline's branch.

    The rules of a sweep's environment on GitHub limit it to this branch too. The subject of an environment has no
    branch. STS validates GitHub's claim `ref` since January 2026 (AWS, "AWS STS now supports validation of select
    identity provider specific claims from Google, GitHub, CircleCI and OCI"), without a statement about the other
    partitions: there, the condition accepts a token without the key.
    """
    # The audience is one of the names of STS (aws-actions/configure-aws-credentials, "OIDC Audience").
    equal = {"StringEquals": {f"{PROVIDER}:aud": partition.names("sts"), f"{PROVIDER}:sub": [subject]}}
    if f":environment:{SWEEP}" not in subject:
        return equal
    return {**equal, "StringEqualsIfExists": {f"{PROVIDER}:ref": f"refs/heads/{branch}"}}
