"""The exit statuses of commands that change temporary stacks."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from bounded_context_cli.command.output import INTERRUPTED, fail, refuse
from bounded_context_infra.configuration.project import ProjectError


def with_exit_status(command: Callable[..., int]) -> Callable[..., int]:
    """Decorate a command: it prints its expected errors as a sentence, and returns their exit status."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> int:
        from bounded_context_cli.command.aws_errors import AWS_ERRORS, Refused, sentence
        from bounded_context_cli.release.package import PackageError

        from .pulumi_cli import Failed

        try:
            return command(*arguments, **options)
        except (Refused, ProjectError) as error:
            return refuse(str(error))
        except (Failed, PackageError, *AWS_ERRORS) as error:
            return fail(sentence(error, "deploy"))
        except KeyboardInterrupt:
            return fail("Interrupted: what already exists stays; deploy again, or destroy it.", INTERRUPTED)

    return run


def now() -> datetime:
    """Return the time, in UTC and whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)
