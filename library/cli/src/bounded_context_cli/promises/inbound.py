"""Promises about the events of other contexts, with the copies of their samples."""

import json
from collections.abc import Iterator

from bounded_context.application.inbound import by_name, read
from bounded_context.domain import events
from bounded_context.domain.faults import Poison
from bounded_context_infra.configuration.settings import Consumed

from ..programs.pulumi_files import stacks_on_aws
from ..programs.stack_settings import settings_of
from ..testing import ConsumedEvents, Publisher, Unpublished
from ._promise import Check, Repository


def consumed_events_are_read(where: Repository) -> Iterator[str]:
    """This context can read the events that it consumes: each copied publisher publishes them."""
    copies = ConsumedEvents(where.project.root)
    for stack in stacks_on_aws(where.project.service):
        for context, consumed in settings_of(where.project, stack).consumes.items():
            if publisher := copies.publisher(context):
                yield from (f"Pulumi.{stack}.yaml: {sentence}" for sentence in _unread(publisher, context, consumed))


def _unread(publisher: Publisher, context: str, consumed: Consumed) -> Iterator[str]:
    created_by, deleted_by = frozenset(consumed.created_by), frozenset(consumed.deleted_by)
    known = events.Consumed(aggregate=consumed.aggregate, created_by=created_by, deleted_by=deleted_by)
    for label in consumed.types:
        try:
            for sample in publisher.samples(label):
                read(json.dumps(sample), by_name({context: known}))
        except Unpublished as error:
            yield f"{error} Consume other events, or ask the owner of {context} to publish it."
        except Poison as poison:
            yield f"{label} of {context} cannot be read ({poison.reason}): ask its owner to correct it."


CHECKS: tuple[Check, ...] = (consumed_events_are_read,)
