"""The kinds of temporary stacks, their names, their owners, and the exit statuses of commands that change them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Final

import boto3
from botocore.exceptions import NoCredentialsError

from bounded_context_cli.command.aws_errors import Calls, Refusal
from bounded_context_cli.command.output import INTERRUPTED, fail, refuse
from bounded_context_infra.configuration import labels
from bounded_context_infra.configuration.project import ProjectError

MODEL: Final = "dev"
"""The stack whose settings a temporary stack copies."""

_LONGEST: Final = 20
"""The maximum length of a name. With the context's and a function's name, AWS allows 64 characters."""


@dataclass(frozen=True)
class StackKind:
    """A kind of stack: the prefix of its stacks' names, the form of the rest, and a description of the form."""

    prefix: str
    form: re.Pattern[str]
    description: str

    def stack(self, name: str) -> str:
        """Return the stack's name. Raises Refusal if `name` does not have the form."""
        if not self.form.fullmatch(name) or len(name) > _LONGEST:
            raise Refusal(
                f"{name!r} cannot be part of a stack's name: write {self.description}, {_LONGEST} characters at most."
            )
        return f"{self.prefix}-{name}"


SANDBOX: Final = StackKind(
    labels.SANDBOX, re.compile(r"[a-z0-9]+(-[a-z0-9]+)*"), "lower-case letters, digits and single hyphens"
)
PULL_REQUEST: Final = StackKind(labels.PULL_REQUEST, re.compile(r"[1-9][0-9]*"), "the number of a pull request")
KINDS: Final[Mapping[str, StackKind]] = {kind.prefix: kind for kind in (SANDBOX, PULL_REQUEST)}


def has_kind(stack: str) -> bool:
    """Return whether a stack's name has the form of a kind. Permanent stacks have other names."""
    prefix, _, name = stack.partition("-")
    return prefix in KINDS and KINDS[prefix].form.fullmatch(name) is not None


def with_exit_status(command: Callable[..., int]) -> Callable[..., int]:
    """Decorate a command: it prints its expected errors as a sentence, and returns their exit status."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> int:
        from bounded_context_cli.command.aws_errors import AWS_ERRORS, Refusal, sentence
        from bounded_context_cli.package import PackageError

        from .pulumi_cli import Failed

        try:
            return command(*arguments, **options)
        except (Refusal, ProjectError) as error:
            return refuse(str(error))
        except (Failed, PackageError, *AWS_ERRORS) as error:
            return fail(sentence(error, "deploy"))
        except KeyboardInterrupt:
            return fail("Interrupted: what already exists stays; deploy again, or destroy it.", INTERRUPTED)

    return run


def now() -> datetime:
    """Return the time, in UTC and whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


_FORBIDDEN: Final = re.compile(r"[^\w.:/=+@-]+", re.ASCII)
_LONGEST_OWNER: Final = 128
"""The maximum length of an owner. AWS permits 256 characters in a tag's value."""


class Services(Calls):
    """The caller's account in a region, with boto3's default configuration."""

    def __init__(self, region: str) -> None:
        create: Any = boto3.client
        super().__init__(region, lambda service: create(service, region_name=region))

    def caller(self) -> Mapping[str, Any]:
        """Return the caller's identity from STS. Raises Refusal without credentials."""
        try:
            return self.call("sts", "get_caller_identity")
        except NoCredentialsError as error:
            raise Refusal("There are no AWS credentials: log in, or set AWS_PROFILE, and try again.") from error

    def person(self) -> str:
        """Return the name of the caller's AWS session or user, as a tag. Raises Refusal without credentials."""
        return as_tag(self.caller()["Arn"].rpartition("/")[2])


def as_tag(name: str) -> str:
    """Return a name without characters that tags forbid: `dependabot[bot]` becomes `dependabot-bot`. Raises Refusal."""
    cleaned = _FORBIDDEN.sub("-", name).strip("-")[:_LONGEST_OWNER]
    if not cleaned:
        raise Refusal(f"{name!r} cannot be an owner: log in to AWS with a session or a user that has a name.")
    return cleaned
