"""The declared facts of a repository, from its declaration, its stacks' files, and its events' schemas."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from bounded_context.declaration.context import Context
from bounded_context_cli.programs.pulumi_files import PIPELINE, settings, stacks, stacks_on_aws
from bounded_context_cli.programs.recording import Program
from bounded_context_cli.programs.stack_settings import settings_of
from bounded_context_infra.configuration.project import Project
from bounded_context_infra.configuration.settings import Settings


def declared(project: Project) -> dict[str, Any]:
    """Return a repository's declared facts as JSON values.

    - `name`, `title` and `owner` of the context;
    - `publishes`: the types of its events, each with the labels of its published major versions;
    - `schemas`: a digest of each committed schema, by the schema's name;
    - `stacks`: the stacks on AWS, by name (`_stack`).

    Raises:
        NoProject: the repository declares no context.
        ProjectError: a setting of a stack is invalid.
    """
    context = project.context
    return {
        "name": context.name,
        "title": context.display_name,
        "owner": context.owner,
        "publishes": _publishes(context),
        "schemas": dict(_schemas(project)),
        "stacks": dict(_stacks(project)),
    }


def _publishes(context: Context[Any]) -> dict[str, list[str]]:
    """Return the labels of each event type's major versions: `PaymentRegistered`, `PaymentRegistered.2`."""
    return {event_type: sorted(context.labels_of(event_type)) for event_type in sorted(context.events)}


def _schemas(project: Project) -> Iterator[tuple[str, str]]:
    for path in sorted(project.events.glob("*/*.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        text = json.dumps(schema, sort_keys=True, ensure_ascii=False)
        yield str(schema.get("$id", path.stem)), hashlib.sha256(text.encode()).hexdigest()


def _stacks(project: Project) -> Iterator[tuple[str, dict[str, Any]]]:
    program, accounts = Program(project.service, project.package), _accounts(project)
    for stack in stacks_on_aws(project.service):
        region = program.config(stack).get("aws:region", "")
        yield stack, _stack(project.context, settings_of(project, stack), region, accounts.get(stack))


def _stack(context: Context[Any], settings: Settings, region: str, account: str | None) -> dict[str, Any]:
    """Return a stack's region and account, its subscribers with the labels that they get, and its consumed events."""
    return {
        "region": region,
        "account": account,
        "subscribers": {subscriber: _labels(context, settings, subscriber) for subscriber in settings.subscribers},
        "subscriber_accounts": list(settings.subscriber_accounts),
        "consumes": {
            name: {"topic": source.topic, "labels": sorted(source.types)} for name, source in settings.consumes.items()
        },
    }


def _labels(context: Context[Any], settings: Settings, subscriber: str) -> list[str]:
    types = settings.filters.get(subscriber, context.events)
    return sorted(context.labels_for(subscriber, types))


def _accounts(project: Project) -> Mapping[str, str]:
    """Return the account of each stack that has a role in the pipeline's settings."""
    pipeline = settings(project.pipeline, PIPELINE) if PIPELINE in stacks(project.pipeline) else {}
    return {
        environment["name"]: role.split(":")[4]
        for environment in pipeline.get("environments") or ()
        for role in environment.get("roles", {}).values()
    }
