"""The partitions of AWS: separate clouds, whose ARNs and addresses differ. A region is in one partition."""

import functools
import json
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from .config import SettingError, SettingSource

GLOBAL_DOMAIN: Final = "amazonaws.com"
"""The domain of service principals in all partitions (aws-cdk, region-info/lib/default.ts)."""

ARN: Final = "arn:aws[a-z-]*:"
"""The pattern of an ARN's first two parts."""

_NAMED = re.compile("arn:(aws[a-z-]*):")
_CONSOLES: Final = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-eusc": "console.amazonaws-eusc.eu",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
"""The consoles of the supported partitions, which botocore does not know (the AWS user guides of each partition)."""

_ONLY_IN_AWS: Final = {"malware": "guardduty"}
"""The values of settings whose feature no document of AWS names for another partition than `aws`.

Malware Protection for S3: GuardDuty user guide, "Amazon GuardDuty Regions and endpoints".
"""


@dataclass(frozen=True)
class Partition:
    """A partition: its name in ARNs, and the domain of its services' addresses."""

    name: str
    domain: str

    @property
    def console(self) -> str:
        """The domain of the console."""
        return _CONSOLES[self.name]

    def arn_of(self, rest: str) -> str:
        """Return the ARN that ends with `rest`, such as `s3:::bucket`."""
        return f"arn:{self.name}:{rest}"

    def root(self, account: str) -> str:
        """Return the principal of an account: its IAM policies decide."""
        return self.arn_of(f"iam::{account}:root")

    def names(self, service: str) -> str | list[str]:
        """Return a service's names in conditions: in a partition with another domain, AWS may send either name."""
        names = [f"{service}.{domain}" for domain in dict.fromkeys((GLOBAL_DOMAIN, self.domain))]
        return names[0] if len(names) == 1 else names


AWS: Final = Partition("aws", GLOBAL_DOMAIN)
"""The partition of most regions."""


@functools.cache
def partition_of(region: str) -> Partition:
    """Return the partition of a region, by botocore's data. Raises SettingError if it is not supported."""
    for partition in _known():
        if partition["id"] in _CONSOLES and re.match(partition["regionRegex"], region):
            return Partition(partition["id"], partition["outputs"]["dnsSuffix"])
    raise SettingError("aws:region", f"is {region!r}: write a region of {', '.join(_CONSOLES)}, such as eu-west-1.")


@functools.cache
def _known() -> list[dict[str, Any]]:
    # The import of botocore's loaders takes longer than all settings.
    return json.loads(files("botocore").joinpath("data/partitions.json").read_bytes())["partitions"]


@dataclass(frozen=True)
class Placed:
    """A source of settings that rejects ARNs and features of other partitions than that of the stack's region."""

    config: SettingSource
    region: str | None

    @property
    def partition(self) -> Partition:
        """The partition of the region; without a region, the partition of most regions."""
        return partition_of(self.region) if self.region else AWS

    def get(self, key: str, /) -> str | None:
        """Return the text of `key`. Raises SettingError for an ARN or a feature of another partition."""
        text = self.config.get(key)
        if text is not None and text == _ONLY_IN_AWS.get(key) and self.partition.name != AWS.name:
            raise SettingError(
                key, f"is {text}, yet no document of AWS names it for {self.partition.name} ({self.region}): remove it."
            )
        others = {*_NAMED.findall(text or "")} - {self.partition.name} if self.region else set[str]()
        if others:
            raise SettingError(
                key, f"has an ARN of {min(others)}: write ARNs of the partition of the stack's region {self.region}."
            )
        return text
