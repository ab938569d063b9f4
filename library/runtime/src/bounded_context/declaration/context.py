"""The declaration of a context as data, which its code, its infrastructure and its tools read."""

import importlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeVar

from ..domain.aggregate import Aggregate
from ..domain.events import FIRST_VERSION, EventData, data_of
from .structure import Structure

_OWN: Final = """
id identity pk status version list_id list_shard status_shard traceparent dataschema etag
created_at changed_at erased_at expires_at
"""
OWN_FIELDS: Final = frozenset(_OWN.split())
"""The attributes of an aggregate and its item besides the details."""

A = TypeVar("A", bound=Aggregate[Any, Any])

VARIABLE: Final = "CONTEXT"
"""The variable that names the context to the functions of the library: ``payment.context:PAYMENT``."""

CHECKS: Final = "bounded_context.checks"
"""The group of the entry points that check declarations, ``context`` and ``route``: functions that yield a sentence for
each contradiction."""


class BadContext(ValueError):
    """The declaration contradicts itself; the message is a sentence that names the field."""


def check(kind: str, *declared: Any) -> None:
    """Check a declaration by the entry point of its kind. A function on AWS, which lacks the checks, looks for none.

    Raises:
        BadContext: the declaration contradicts itself.
    """
    if "AWS_LAMBDA_FUNCTION_NAME" not in os.environ:
        for contradiction in _check_of(kind)(*declared):
            raise BadContext(contradiction)


@cache
def _check_of(kind: str) -> Callable[..., Iterable[str]]:
    from importlib.metadata import entry_points

    return next((point.load() for point in entry_points(group=CHECKS, name=kind)), lambda *_: ())


@dataclass(frozen=True, kw_only=True, eq=False)
class Context(Structure[A]):
    """A bounded context.

    Args:
        name: the name in snake_case: the package, the ``source`` of its events, the beginning of every AWS name.
        plural: the plural of the name, in snake_case: the path of the API's routes, the name of the list query.
        display_name: the name for people, in any language; not used in code or in AWS.
        owner: the team, a tag on every resource.
        aggregate: the class of its aggregates.
        commands: the commands that callers may send, each with its rule; one creates, one deletes, any number changes.
        data: the model of the data of the aggregate's events, if their descriptions or types are not those of the
            details. The default is derived from the aggregate.
        versions: the version (``<major>.<minor>``) of each event type's schema; 1.0 for types that are not named.
        previous_version: the previous major version of the aggregates' events, as long as a subscriber reads it.
        deprecated: the day from which a major version of an event may be removed: ``{"OrderPlaced.1": "2027-03-31"}``.
            The route of a function also has the first day of its deprecation, before a slash:
            ``{"place_order": "2026-12-01/2027-03-31"}``.
        references: the fields that hold the id of another context's aggregate, with its kind in snake_case, or with a
            `Copy` of some of its fields.
        reactions: the reactions to other contexts' events, each with its rule.
        verification: the list workflow's step between validation and import, in snake_case; None for a context without
            lists.
        approval: the rule by which a person approves a list before its import; by default no list waits.
        queried_by: the keys of the list query: ``list``, ``status``, or stored fields that are texts, by name or with
            an order (`By`). Each adds an index, and one write unit per row; without any there is no list query.
        index_shards: the keys of a list, or of a status, in an index, over which rows are written: 32, or 16 as before
            version 0.4.0. Queries read all 32.
        subscribers: the subscribers of the events, each with its own queue, or an `Archive`; a stack may name others.
        api: whether callers reach it over HTTP, as well as by invoking its functions.
        times: whether answers and events have the times of the creation and of the last change, ``created_at`` and
            ``changed_at``. Items always have them.
        scopes: the OAuth scopes of a function's route, by the function's name. A caller's token needs one of them.
        errors: the refusals that every rule of the context may raise; those of a single rule belong to its command.
        children: the children that an aggregate may have, such as notes, each with a limit; a command adds them.
        deadlines: the commands that the library sends after an aggregate has stayed in a status for a time. They add
            an index, and one write unit for each write that enters or leaves such a status.
        exports: the files of aggregates that partners fetch from the server of lists, each with its schedule.

    Raises:
        BadContext: the declaration contradicts itself.
    """

    def __post_init__(self) -> None:
        if self.data is EventData:
            object.__setattr__(self, "data", data_of(self.aggregate, times=self.times))
        check("context", self)
        object.__setattr__(self, "versions", dict.fromkeys(self.events, FIRST_VERSION) | dict(self.versions))


def declared() -> Context[Any]:
    """Return the context that the environment names in ``CONTEXT``, such as ``payment.context:PAYMENT``.

    Raises:
        BadContext: the variable names no context.
    """
    return named(os.environ.get(VARIABLE, ""))


def named(reference: str) -> Context[Any]:
    """Return the context of a reference: its module, a colon, and the constant.

    Raises:
        BadContext: there is no such context.
        Exception: the module raises it.
    """
    module, _, name = reference.partition(":")
    if not module or not name:
        raise BadContext(f"{reference!r} names no context: write <module>:<constant>.")
    try:
        imported = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if f"{module}.".startswith(f"{error.name}."):
            raise BadContext(f"there is no context {reference!r}: {error}: write <module>:<constant>.") from error
        raise
    if not hasattr(imported, name):
        raise BadContext(f"there is no context {reference!r}: {module} has no {name}: write <module>:<constant>.")
    return getattr(imported, name)
