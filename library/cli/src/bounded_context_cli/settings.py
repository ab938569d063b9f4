"""`context settings`: the settings of all stacks, validated, and their JSON Schemas for editors.

The schemas are written into `build/`: they contain the names of the context, and a path into the environment would
contain the version of Python.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from bounded_context.declaration.context import Context
from bounded_context_infra.configuration.list_settings import OF_LISTS
from bounded_context_infra.configuration.pipeline_settings import REPOSITORY, AccountSettings, PipelineSettings
from bounded_context_infra.configuration.project import Project, ProjectError
from bounded_context_infra.configuration.schema import Schema, schemas
from bounded_context_infra.configuration.settings import ApiSettings, Settings

from .command.installed import repository
from .command.output import refuse, update_file
from .command.values import AsJson
from .programs.pulumi_files import project_name, stacks
from .programs.recording import ACCOUNT
from .programs.stack_settings import account_settings_of, faults, settings_of

FOLDER: Final = "settings"
"""The folder in `build/`. A stack's file names its schema in its first line."""

_TEXTS: Final = {"integer": r"^-?\d+$", "number": r"^-?\d+(\.\d+)?$", "boolean": "^(true|false)$"}
"""The texts of other types. `pulumi config set` writes each value as a text."""


def write_schemas(project: Project) -> None:
    """Write the schemas of the files of the service, the pipeline and the accounts."""
    for program, schema in documents(project).items():
        update_file(project.build / FOLDER / f"{program}.json", json.dumps(schema, indent=2, default=str) + "\n")


def documents(project: Project) -> dict[str, Schema]:
    """Return the schema of the stacks' files of each program, by the name of the program's folder."""
    own = dict(_of_service(project.context))
    required = [name for name, schema in own.items() if "default" not in schema]
    # The owner of the accounts fills in the required settings of the pipeline and of the accounts.
    pipeline = _document(project_name(project.pipeline), schemas(PipelineSettings), [])
    account = _document(project_name(project.account), schemas(AccountSettings), [])
    return {"service": _document(project.package, own, required), "pipeline": pipeline, "account": account}


def _of_service(context: Context[Any]) -> Iterator[tuple[str, Schema]]:
    """Yield the settings with the names of the context: its events, and the columns of its lists."""
    for name, schema in {**schemas(Settings), **schemas(ApiSettings)}.items():
        if name == "filters":
            events = {"type": "array", "items": {"enum": [*context.events]}, "minItems": 1, "uniqueItems": True}
            yield name, {**schema, "additionalProperties": events}
        elif context.has_lists or name not in OF_LISTS:
            yield name, schema


def _document(prefix: str, settings: Mapping[str, Schema], required: list[str]) -> Schema:
    config = {
        "type": "object",
        "properties": {f"{prefix}:{name}": _or_text(schema) for name, schema in settings.items()},
        "required": [f"{prefix}:{name}" for name in required],
    }
    return {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {"config": config}}


def _or_text(schema: Schema) -> Schema:
    """Return the schema with the texts of its numbers and booleans."""
    kind = schema.get("type")
    if kind in _TEXTS:
        return {**schema, "type": [kind, "string"], "pattern": _TEXTS[kind]}
    if "enum" in schema:
        return {**schema, "enum": [*dict.fromkeys([*schema["enum"], *map(str, schema["enum"])])]}
    return schema


_MOST = 12
"""Lines of faults. The first fault of each file is printed."""


def settings(as_json: AsJson = False) -> int:
    """Check the settings of all stacks, and write their JSON Schemas for editors into `build/settings/`.

    The last line names the keys of partners that have expired, or expire within 30 days. It also names each account
    with workflows whose trust policies lack the ids of their repository.

    Examples:
      context settings
      context settings --json   all faults and warnings as JSON

    Exit status:
      0  all settings are valid
      1  a setting is invalid: its file, its line and the remedy are printed
      2  refused: no repository
    """
    try:
        project = repository()
        sentences = [*faults(project)]
        warnings = [] if sentences else [*_warnings(project), *_without_ids(project)]
        line = "" if sentences else f"{' '.join([valid(project), *_without_ids(project)])}\n"
    except ProjectError as error:
        return refuse(str(error))
    if as_json:
        report = {"valid": not sentences, "faults": sentences, "warnings": warnings}
        sys.stdout.write(json.dumps(report, indent=2) + "\n")
        return 1 if sentences else 0
    sys.stdout.write(line)
    more = [f"{len(sentences) - _MOST} more files have an invalid setting."] if len(sentences) > _MOST else []
    sys.stderr.writelines(f"{line}\n" for line in (*sentences[:_MOST], *more))
    return 1 if sentences else 0


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
