"""How much of an account's quotas the contexts take that are deployed to it together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .members import Member, Stack


@dataclass(frozen=True)
class Quota:
    """How many resources of a kind an account takes by default, and the page of AWS that says so.

    ``regional`` quotas are for each region; ``fewer`` are regions that take another number.
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
    Quota("cloudwatch/metricAlarm", "metric alarms", 5000, "CloudWatch service quotas"),
    Quota("cloudwatch/logResourcePolicy", "resource policies of logs", 10, "CloudWatch Logs API, PutResourcePolicy"),
    Quota("cloudwatch/queryDefinition", "saved queries", 1000, "CloudWatch Logs, saved queries"),
    Quota("xray/samplingRule", "sampling rules", 25, "AWS X-Ray endpoints and quotas"),
    Quota("dynamodb/table", "tables", 2500, "Quotas in Amazon DynamoDB"),
)
"""Those of which some dozens of contexts take a good share, as AWS gives them; a higher one may have been asked for."""


@dataclass(frozen=True)
class Use:
    """What the contexts of one account (and region, if the quota is for each) take of a quota."""

    account: str
    region: str
    quota: Quota
    taken: int
    contexts: tuple[str, ...]

    @property
    def most(self) -> int:
        """The quota where they are."""
        return self.quota.of(self.region)

    def sentence(self) -> str:
        """Say how much it is, and what to do."""
        place = f"{self.account} in {self.region}" if self.quota.regional else self.account
        return (
            f"{len(self.contexts)} contexts in {place} have {self.taken} {self.quota.words}, and AWS allows "
            f"{self.most} ({self.quota.source}): ask for more, or give some of them another account."
        )


def uses(fleet: Sequence[Member]) -> Iterator[Use]:
    """Yield what the contexts of each account take of each quota, if they take any.

    A stack counts as much as its context's production, which has the most. An account that no file names is taken for
    one that all stacks of the same name share.
    """
    placed = defaultdict[tuple[str, str], list[Member]](list)
    for member in fleet:
        for stack in member.stacks:
            placed[_account(stack), stack.region].append(member)
    for quota in QUOTAS:
        for (account, region), those in _places(placed, quota).items():
            takers = [one for one in those if _taken(one, quota)]
            if takers:
                names = tuple(sorted({one.name for one in takers}))
                yield Use(account, region, quota, sum(_taken(one, quota) for one in takers), names)


def beyond(fleet: Sequence[Member]) -> Iterator[Use]:
    """Yield what is over a quota."""
    return (use for use in uses(fleet) if use.taken > use.most)


def _places(placed: Mapping[tuple[str, str], list[Member]], quota: Quota) -> Mapping[tuple[str, str], list[Member]]:
    if quota.regional:
        return placed
    found = defaultdict[tuple[str, str], list[Member]](list)
    for (account, _), those in placed.items():
        found[account, ""] += those
    return found


def _account(stack: Stack) -> str:
    return f"account {stack.account}" if stack.account else f"the account of {stack.name}"


def _taken(member: Member, quota: Quota) -> int:
    return member.told.get("resources", {}).get(quota.kind, 0)
