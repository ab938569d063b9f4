"""One object yields every name and every tag, so that nothing is named or tagged in two ways."""

import hashlib
import re
from dataclasses import dataclass

from pulumi import RunError

from ..words import kebab

_STACK = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

NAME_LIMIT = 64
"""The least limit of what `Labels.name` names: functions, roles and rules 64, state machines 80, others more."""

QUEUE_LIMIT = 80
"""Characters of a queue's name (SQS API reference, CreateQueue)."""

ALARM_LIMIT = 255
"""Characters of an alarm's name."""

BUCKET_LIMIT = 63 - len("-0123456")
"""A bucket's name has 63 characters, of which Pulumi's auto-naming takes 8."""

XRAY_LIMIT = 32
"""Characters of the name of a sampling rule of X-Ray."""


class LabelError(RunError):
    """A name is too long for AWS, or the stack's name cannot be a part of one. Pulumi prints no traceback for it."""


@dataclass(frozen=True)
class Labels:
    """Names and tags of one stack of one context, for instance `<context>-<stack>-<part>`.

    `expires` is when somebody may take the stack away (UTC, ISO 8601), if it is not there for good.
    """

    context: str
    stack: str
    owner: str
    expires: str | None = None

    def __post_init__(self) -> None:
        if not _STACK.fullmatch(self.stack):
            raise LabelError(
                f"stack {self.stack!r}: write lower-case letters, digits and single hyphens, a letter first."
            )

    @property
    def prefix(self) -> str:
        """What every name of this stack starts with."""
        return f"{kebab(self.context)}-{self.stack}"

    @property
    def tags(self) -> dict[str, str]:
        """The tags of every resource that takes tags."""
        tags = {"context": self.context, "stack": self.stack, "owner": self.owner}
        return tags | ({"expires": self.expires} if self.expires else {})

    @property
    def short(self) -> str:
        """The prefix in X-Ray's few characters: a longer one is cut, and ends with a digest of the whole."""
        if len(self.prefix) <= XRAY_LIMIT:
            return self.prefix
        return f"{self.prefix[: XRAY_LIMIT - 9]}-{hashlib.sha256(self.prefix.encode()).hexdigest()[:8]}"

    def name(self, part: str) -> str:
        """The name of a function, role, topic, table, rule, layer or state machine. Raises LabelError."""
        return _within(f"{self.prefix}-{kebab(part)}", NAME_LIMIT)

    def queue(self, part: str) -> str:
        """The name of a queue, which may be longer: a subscriber's name is a part of it. Raises LabelError."""
        return _within(f"{self.prefix}-{kebab(part)}", QUEUE_LIMIT)

    def alarm(self, part: str) -> str:
        """The name of an alarm: `<context>-<stack>-<part>-<what is wrong>`. Raises LabelError."""
        return _within(f"{self.prefix}-{kebab(part)}", ALARM_LIMIT)

    def bucket(self, part: str) -> str:
        """The stem that auto-naming completes: bucket names are shared by all accounts. Raises LabelError."""
        return _within(f"{self.prefix}-{kebab(part)}", BUCKET_LIMIT)

    def log_group(self, service: str, part: str) -> str:
        """The log group of `part` in the folder of its service, for instance `lambda`."""
        return f"/aws/{service}/{self.name(part)}"

    def parameter(self, part: str) -> str:
        """The name of a parameter that other contexts look for."""
        return f"/{kebab(self.context)}/{self.stack}/{kebab(part)}"

    @property
    def log_groups(self) -> str:
        """The pattern that matches this stack's log groups and no others."""
        return f"/aws/*/{self.prefix}-*"


def _within(name: str, limit: int) -> str:
    if len(name) > limit:
        raise LabelError(f"the name {name!r} has {len(name)} characters, AWS takes {limit}: shorten context or stack.")
    return name
