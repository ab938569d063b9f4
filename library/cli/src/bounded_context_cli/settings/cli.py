"""`context settings`."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime

from bounded_context_infra.configuration.account_settings import REPOSITORY
from bounded_context_infra.configuration.project import Project, ProjectError

from ..command.installed import repository
from ..command.output import refuse
from ..programs.pulumi_files import stacks
from ..programs.recording import ACCOUNT
from ..programs.stack_settings import account_settings_of, faults, settings_of
from .schema import write_schemas

_MOST = 12
"""Lines of faults. The first fault of each file is printed."""


def settings() -> int:
    """Check the settings of all stacks, and write their JSON Schemas for editors into `build/settings/`.

    The last line names the keys of partners that have expired, or expire within 30 days. It also names each account
    with workflows whose trust policies lack the ids of their repository.

    Examples:
      context settings

    Exit status:
      0  all settings are valid
      1  a setting is invalid: its file, its line and the remedy are printed
      2  refused: no repository
    """
    try:
        project = repository()
        found = [*faults(project)]
        sys.stdout.write("" if found else f"{' '.join([valid(project), *_without_ids(project)])}\n")
    except ProjectError as error:
        return refuse(str(error))
    more = [f"{len(found) - _MOST} more files have an invalid setting."] if len(found) > _MOST else []
    sys.stderr.writelines(f"{line}\n" for line in (*found[:_MOST], *more))
    return 1 if found else 0


def valid(project: Project) -> str:
    """Write the JSON Schemas of valid settings; return a line with the keys of partners that expire soon."""
    write_schemas(project)
    return " ".join(["The settings of all stacks are valid.", *_warnings(project)])


def _without_ids(project: Project) -> Iterator[str]:
    """Yield a sentence for each account with workflows whose repository comes from the pipeline, without ids."""
    for stack in stacks(project.account):
        account = account_settings_of(project, stack, account=ACCOUNT)
        if account.workflows and account.repository is None:
            place = f"infra/account/Pulumi.{stack}.yaml"
            yield f"{place}: repository is missing: write {REPOSITORY.words} (`context docs merging`)."


def _warnings(project: Project) -> Iterator[str]:
    """Yield a sentence for each key that has expired, or expires soon."""
    today = datetime.now(UTC).date()
    for stack in stacks(project.service):
        for name, partner in settings_of(project, stack).partners.items():
            for key in partner:
                if warning := key.warning(today):
                    yield f"{stack}: {name}: {warning}"
