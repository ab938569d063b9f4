"""The use of an account's quotas by all contexts that are deployed to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .members import Member, Stack


@dataclass(frozen=True)
class Quota:
    """AWS's default quota for a kind of resource, and the title of its documentation page.

    ``regional`` quotas apply to each region; ``fewer`` has regions with another quota.
    """

    kind: str
    words: str
    most: int
    source: str
    regional: bool = True
    fewer: Mapping[str, int] = field(default_factory=dict)

    def of(self, region: str) -> int:
        """Return the quota in a region."""
        return self.fewer.get(region, self.most)


QUOTAS = (
    Quota("iam/role", "roles", 1000, "IAM and AWS STS quotas", regional=False),
    Quota("s3/bucket", "buckets", 10_000, "Amazon S3 endpoints and quotas", regional=False),
    Quota(
        "cloudwatch/eventRule",
        "rules on the default event bus",
        300,
        "Amazon EventBridge quotas",
        fewer={"af-south-1": 100, "eu-south-1": 100},
    ),
    Quota("scheduler/scheduleGroup", "schedule groups", 500, "Quotas for Amazon EventBridge Scheduler"),
    Quota("cloudwatch/metricAlarm", "metric alarms", 5000, "CloudWatch service quotas"),
    Quota("cloudwatch/logResourcePolicy", "resource policies of logs", 10, "CloudWatch Logs API, PutResourcePolicy"),
    Quota("cloudwatch/queryDefinition", "saved queries", 1000, "CloudWatch Logs, saved queries"),
    Quota("xray/samplingRule", "sampling rules", 25, "AWS X-Ray endpoints and quotas"),
    Quota("dynamodb/table", "tables", 2500, "Quotas in Amazon DynamoDB"),
)
"""AWS's default quotas of which some dozens of contexts use a large share; an account may have higher quotas."""


@dataclass(frozen=True)
class Use:
    """The use of a quota by the contexts of an account, or of an account's region for a regional quota."""

    account: str
    region: str
    quota: Quota
    taken: int
    contexts: tuple[str, ...]

    @property
    def most(self) -> int:
        """The quota in this region."""
        return self.quota.of(self.region)

    def sentence(self) -> str:
        """Return a sentence with the use, the quota and the remedy."""
        place = f"{self.account} in {self.region}" if self.quota.regional else self.account
        return (
            f"{len(self.contexts)} contexts in {place} have {self.taken} {self.quota.words}, and AWS allows "
            f"{self.most} ({self.quota.source}): request a higher quota, or move contexts to another account."
        )


def uses(fleet: Sequence[Member]) -> Iterator[Use]:
    """Yield the use of each quota in each account, if it is above zero.

    A stack counts as much as its context's production stack, the largest. If no file names the account, all stacks of
    the same name count as one account.
    """
    placed = defaultdict[tuple[str, str], list[Member]](list)
    for member in fleet:
        for stack in member.stacks:
            placed[_account(stack), stack.region].append(member)
    for quota in QUOTAS:
        for (account, region), members in _places(placed, quota).items():
            users = [member for member in members if _use(member, quota)]
            if users:
                names = tuple(sorted({member.name for member in users}))
                yield Use(account, region, quota, sum(_use(member, quota) for member in users), names)


def beyond(fleet: Sequence[Member]) -> Iterator[Use]:
    """Yield the uses that exceed their quota."""
    return (use for use in uses(fleet) if use.taken > use.most)


def _places(placed: Mapping[tuple[str, str], list[Member]], quota: Quota) -> Mapping[tuple[str, str], list[Member]]:
    if quota.regional:
        return placed
    members = defaultdict[tuple[str, str], list[Member]](list)
    for (account, _), of_region in placed.items():
        members[account, ""] += of_region
    return members


def _account(stack: Stack) -> str:
    return f"account {stack.account}" if stack.account else f"the account of {stack.name}"


def _use(member: Member, quota: Quota) -> int:
    return member.survey.get("resources", {}).get(quota.kind, 0)
