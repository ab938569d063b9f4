"""The presets of functions: limits, environment and permissions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from bounded_context.declaration.context import Context
from bounded_context.declaration.entry_points import HOOKS
from bounded_context.declaration.structure import WATCH_LISTS, WATCH_MAPPINGS

from ..components.inbound import TIMEOUT
from ..stack.interfaces import Folder, Operation

_ONE_CPU: Final = 1769
"""MB of memory at which Lambda gives a function a whole processor."""


@dataclass(frozen=True, kw_only=True)
class Preset:
    """The limits, environment and permissions of a function. Vary a preset by `dataclasses.replace`.

    Args:
        timeout: seconds that a call may take.
        memory: MB; with 1769 a function has a whole processor.
        variables: the names of the variables in its environment (see `Functions`).
        items: the operations that it may perform on items of the table.
        of_others: whether `items` are only those of other contexts' aggregates, which the setting `consumes` names.
        queries: whether it may query the table's indexes.
        read: the inbox's folders whose objects it may read.
        write: the inbox's folders whose objects it may write.
        list_: the inbox's folders that it may list.
        calls: the other systems that it may call, in kebab-case; the setting `systems` has the address of each.
        secrets: the secrets that it may read, in kebab-case; the variable SECRET_<NAME> contains the ARN of each.
        handler: the dotted name of the entry point. By default, commands, queries, `on_event` and steps have the
            library's. The verification, and a step that you ejected, have `<package>.list_steps.<function>`, and your
            own functions `<package>.<function>.lambda_handler`.
    """

    timeout: int
    memory: int
    variables: tuple[str, ...] = ()
    items: tuple[Operation, ...] = ()
    of_others: bool = False
    queries: bool = False
    read: tuple[Folder, ...] = ()
    write: tuple[Folder, ...] = ()
    list_: tuple[Folder, ...] = ()
    calls: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    handler: str | None = None

    @property
    def uses_objects(self) -> bool:
        """Whether the function accesses the inbox."""
        return bool(self.read or self.write or self.list_)


COMMAND: Final = Preset(
    timeout=10,
    memory=512,
    variables=("CONTEXT", "TABLE_NAME"),
    items=("GetItem", "PutItem", "UpdateItem", "DeleteItem"),
)
"""Executes a command."""

GET: Final = Preset(timeout=10, memory=512, variables=("CONTEXT", "TABLE_NAME"), items=("GetItem",))
"""Returns an aggregate."""

LIST: Final = Preset(timeout=10, memory=512, variables=("CONTEXT", "TABLE_NAME"), queries=True)
"""Returns a page of aggregates."""

REGISTER_LIST: Final = Preset(
    timeout=900,
    memory=_ONE_CPU,
    variables=("CONTEXT", "TABLE_NAME", "INBOX_BUCKET", "MAX_LIST_BYTES", "TEMPORARY_NAMES"),
    items=("GetItem", "PutItem", "UpdateItem"),
    read=("incoming",),
    list_=("incoming",),
)
"""Records an uploaded list."""

VALIDATE_LIST: Final = Preset(
    timeout=900,
    memory=_ONE_CPU,
    variables=("CONTEXT", "TABLE_NAME", "INBOX_BUCKET", "TOLERATED_SHARE", "PART_ROWS", "MAX_LIST_BYTES", "FORMATS"),
    items=("GetItem", "UpdateItem"),
    read=("incoming", "staging"),
    write=("staging",),
    list_=("staging",),
)
"""Validates a list's rows, and stages the valid rows."""

VERIFY_LIST: Final = Preset(
    timeout=900,
    memory=_ONE_CPU,
    variables=("TABLE_NAME", "INBOX_BUCKET", "TOLERATED_SHARE"),
    items=("GetItem", "BatchGetItem", "UpdateItem"),
    read=("staging", "reports"),
    write=("staging", "reports"),
    list_=("staging", "reports"),
)
"""Verifies a list's rows against the context's data."""

IMPORT_LIST: Final = Preset(
    timeout=120,
    memory=_ONE_CPU,
    variables=("CONTEXT", "TABLE_NAME", "INBOX_BUCKET"),
    items=("GetItem", "BatchGetItem", "PartiQLInsert", "UpdateItem"),
    read=("staging",),
    list_=("staging",),
)
"""Writes a part of a list. If a call is lost, the part and its list wait until the timeout of that call."""

COMPENSATE_ERROR: Final = Preset(
    timeout=900,
    memory=_ONE_CPU,
    variables=("CONTEXT", "TABLE_NAME", "INBOX_BUCKET"),
    items=("GetItem", "UpdateItem", "DeleteItem"),
    read=("staging", "reports"),
    write=("reports",),
    list_=("staging", "reports"),
)
"""Undoes the imported rows of a list."""

ON_EVENT: Final = Preset(
    timeout=TIMEOUT,
    memory=512,
    variables=("CONTEXT", "TABLE_NAME", "CONSUMES", "DEAD_LETTER_URL"),
    items=("PutItem",),
    of_others=True,
)
"""Receives other contexts' events."""


def _platform(timeout: int, memory: int, *variables: str) -> Preset:
    return Preset(timeout=timeout, memory=memory, variables=("CONTEXT", *variables))


PRE_TRAFFIC, POST_TRAFFIC = HOOKS

PLATFORM: Final[Mapping[str, Preset]] = {
    "relay_events": _platform(60, 512, "TOPIC_ARN"),
    "measure_lists": _platform(60, 256, "IMPORT_TARGET_SECONDS"),
    WATCH_LISTS: _platform(60, 256, "STATE_MACHINE_ARN", "FUNCTION_PREFIX"),
    WATCH_MAPPINGS: _platform(60, 256, "FUNCTION_PREFIX"),
    # A page of 1,000 versions takes less than half a second, so 15 minutes suffice for some two million versions.
    "sweep_uploads": replace(
        _platform(900, 512, "TABLE_NAME", "INBOX_BUCKET", "TEMPORARY_NAMES"),
        items=("BatchGetItem",),
        list_=("incoming",),
    ),
    PRE_TRAFFIC: _platform(120, 512, "FUNCTION_PREFIX"),
    POST_TRAFFIC: _platform(120, 512, "FUNCTION_PREFIX"),
}
"""The presets of the library's own functions. The variable CONTEXT names the context to them."""


def standard_presets(context: Context[Any]) -> dict[str, Preset]:
    """Return the preset of each function of a context, except for the library's own (`PLATFORM`)."""
    return {
        **dict.fromkeys(context.command_functions, COMMAND),
        **dict(zip(context.queries, (GET, LIST), strict=False)),
        **dict(
            zip(context.steps, (REGISTER_LIST, VALIDATE_LIST, VERIFY_LIST, IMPORT_LIST, COMPENSATE_ERROR), strict=False)
        ),
        "on_event": ON_EVENT,
    }
