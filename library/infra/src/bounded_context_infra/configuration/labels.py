"""The names and tags of a stack's resources, all made by `Labels`, and names that collide."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pulumi import RunError

from bounded_context.domain.spelling import kebab

_STACK = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

NAME_LIMIT = 64
"""The smallest limit of the names by `Labels.name`: functions, roles and rules 64, state machines 80, others more."""

QUEUE_LIMIT = 80
"""Characters of a queue's name (SQS API reference, CreateQueue)."""

ALARM_LIMIT = 255
"""Characters of an alarm's name."""

BUCKET_LIMIT = 63 - len("-0123456")
"""A bucket's name has at most 63 characters, of which Pulumi's auto-naming uses 8."""

XRAY_LIMIT = 32
"""Characters of the name of a sampling rule of X-Ray."""


class LabelError(RunError):
    """A name that is too long for AWS, or a bad stack name. Pulumi prints it without a traceback."""


@dataclass(frozen=True)
class Labels:
    """Names and tags of a stack, for instance `<context>-<stack>-<part>`.

    `expires` is the time from which a temporary stack may be destroyed (UTC, ISO 8601).
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
        """The prefix of every name of this stack."""
        return f"{kebab(self.context)}-{self.stack}"

    @property
    def tags(self) -> dict[str, str]:
        """The tags of every taggable resource."""
        tags = {"context": self.context, "stack": self.stack, "owner": self.owner}
        return tags | ({"expires": self.expires} if self.expires else {})

    @property
    def short(self) -> str:
        """The prefix within the limit of X-Ray. A longer prefix is cut and ends with a digest of the whole."""
        if len(self.prefix) <= XRAY_LIMIT:
            return self.prefix
        return f"{self.prefix[: XRAY_LIMIT - 9]}-{hashlib.sha256(self.prefix.encode()).hexdigest()[:8]}"

    def name(self, part: str) -> str:
        """Return the name of a function, role, topic, table, rule, layer or state machine. Raises LabelError."""
        return _within(f"{self.prefix}-{kebab(part)}", NAME_LIMIT)

    def table(self, part: str, epoch: int) -> str:
        """Return the name of the table in an epoch; epoch 0 is the stack's first table. Raises LabelError."""
        return self.name(part) + (f"-epoch-{epoch}" if epoch else "")

    def queue(self, part: str, *, fifo: bool = False) -> str:
        """Return the name of a queue, which contains a subscriber's name and may be longer. Raises LabelError."""
        return _within(f"{self.prefix}-{kebab(part)}{'.fifo' if fifo else ''}", QUEUE_LIMIT)

    def alarm(self, part: str) -> str:
        """Return the name of an alarm: `<context>-<stack>-<part>-<fault>`. Raises LabelError."""
        return _within(f"{self.prefix}-{kebab(part)}", ALARM_LIMIT)

    def bucket(self, part: str) -> str:
        """Return the stem of a bucket's name, which auto-naming makes unique across accounts. Raises LabelError."""
        return _within(f"{self.prefix}-{kebab(part)}", BUCKET_LIMIT)

    def log_group(self, service: str, part: str) -> str:
        """Return the log group of `part` in the folder of its service, for instance `lambda`."""
        return f"/aws/{service}/{self.name(part)}"

    def parameter(self, part: str) -> str:
        """Return the name of a parameter that other contexts read."""
        return f"/{kebab(self.context)}/{self.stack}/{kebab(part)}"

    @property
    def log_groups(self) -> str:
        """The pattern that matches only the log groups of this stack."""
        return f"/aws/*/{self.prefix}-*"


def _within(name: str, limit: int) -> str:
    if len(name) > limit:
        raise LabelError(f"the name {name!r} has {len(name)} characters, AWS takes {limit}: shorten context or stack.")
    return name


PIPELINE: Final = "pipeline"
STATE: Final = "state"
DEPLOYER: Final = "deployer"
RESERVED: Final = (PIPELINE, STATE, DEPLOYER)
"""Not names of stacks: the names of the pipeline's resources, of the state's, and of the roles of deployments."""

PULL_REQUEST: Final = "pr"
SANDBOX: Final = "sandbox"
KINDS: Final = (PULL_REQUEST, SANDBOX)
"""Not names of stacks: the kinds of temporary stacks, whose names begin with the kind."""

COLLIDES: Final = (
    "other resources of the context have its prefix: choose a name that begins with none of "
    f"{', '.join((*RESERVED, *KINDS))}."
)
"""The end of an error about the name of a stack."""

STACKS: Final = ("dev", "staging", "prod", *KINDS, *RESERVED)
"""The names after another context's name. No word of a context's name after the first may be one of them."""


_OF_LISTS: Final = ("uploads", "list-import", "call-sweep-uploads", "call-watch-lists")


def roles(
    *,
    lists: bool,
    backup: str,
    malware: str,
    partners: Iterable[str],
    deadlines: bool = False,
    archives: Iterable[str] = (),
    exports: bool = False,
    deliveries: Iterable[str] = (),
) -> frozenset[str]:
    """Return the names of the roles in a stack that are not a function's. A test compares them with recorded graphs."""
    optional = {"backup": backup == "vault", "malware-scan": malware != "none"}
    optional |= {"call-meet-deadlines": deadlines, "call-export-files": exports}
    names = [name for name, exists in optional.items() if exists] + [f"sftp-{partner}" for partner in partners]
    names += [f"deliver-{partner}" for partner in deliveries]
    names += [f"archive-{kebab(name)}{end}" for name in archives for end in ("", "-subscription")]
    return frozenset(("release", *(_OF_LISTS if lists else ("call-watch-mappings",)), *names))


def is_reserved(stack: str) -> bool:
    """Return whether other resources of the context have the prefix of a stack: also those of temporary stacks."""
    return stack.partition("-")[0] in (*RESERVED, *KINDS)


def require_stack(stack: str, expires: str | None = None) -> None:
    """Raise LabelError if the prefix of a stack covers other resources of the context.

    Only a temporary stack, which has an end, has a name that begins with a kind.
    """
    kind, _, name = stack.partition("-")
    if is_reserved(stack) and not (expires and name and kind in KINDS):
        raise LabelError(f"stack {stack!r}: {COLLIDES}")


def require_context(context: str) -> None:
    """Raise LabelError if a stack of another context can have the prefix of this context's resources."""
    first, *others = kebab(context).split("-")
    for count, word in enumerate(others):
        if word in STACKS:
            other = "-".join((first, *others[:count]))
            raise LabelError(
                f"context {context!r}: a context {other} with a stack {word} has the same prefix: "
                "choose a name without this word."
            )
