"""What a repository says of itself: in its declaration, in its stacks' files, and in the schemas of its events."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..context import Context
from ..contracts.catalog.files import ELSEWHERE
from ..infra.settings import Settings
from ..project import Project
from ..pulumi_files import PIPELINE, settings, stacks
from ..testing.graph import Program

Told = dict[str, Any]


def declared(project: Project) -> Told:
    """Return what a repository declares, as JSON has it.

    - `name`, `title` and `owner` of the context;
    - `publishes`: the types of its events, each with the major versions that it publishes;
    - `schemas`: a digest of each committed schema, by the schema's name;
    - `stacks`: each that is deployed to AWS, by its name (`_stack`).

    Raises:
        NoProject: it declares no context.
        SettingError: a setting of a stack is bad.
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
    """The labels by which each type's versions are asked for: `PaymentRegistered`, `PaymentRegistered.2`."""
    return {event_type: sorted(context.labels_of(event_type)) for event_type in sorted(context.events)}


def _schemas(project: Project) -> Iterator[tuple[str, str]]:
    for path in sorted(project.events.glob("*/*.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        text = json.dumps(schema, sort_keys=True, ensure_ascii=False)
        yield str(schema.get("$id", path.stem)), hashlib.sha256(text.encode()).hexdigest()


def _stacks(project: Project) -> Iterator[tuple[str, Told]]:
    program, accounts = Program(project.service, project.package), _accounts(project)
    for stack in program.stacks():
        config = program.config(stack)
        if ELSEWHERE not in config:
            settings = Settings.from_config(project.context, program.own(config))
            yield stack, _stack(project.context, settings, config.get("aws:region", ""), accounts.get(stack))


def _stack(context: Context[Any], settings: Settings, region: str, account: str | None) -> Told:
    """Where a stack is, whom it tells (each subscriber with the labels that it gets), and whom it hears."""
    return {
        "region": region,
        "account": account,
        "tells": {one: _labels(context, settings, one) for one in settings.subscribers},
        "told_accounts": list(settings.subscriber_accounts),
        "hears": {
            name: {"topic": heard.topic, "labels": sorted(heard.types)} for name, heard in settings.consumes.items()
        },
    }


def _labels(context: Context[Any], settings: Settings, subscriber: str) -> list[str]:
    types = settings.filters.get(subscriber, context.events)
    return sorted(context.labels_for(subscriber, types))


def _accounts(project: Project) -> Mapping[str, str]:
    """The account of each stack that the pipeline's settings name a role of."""
    said = settings(project.pipeline, PIPELINE) if PIPELINE in stacks(project.pipeline) else {}
    return {
        environment["name"]: role.split(":")[4]
        for environment in said.get("environments") or ()
        for role in environment.get("roles", {}).values()
    }
