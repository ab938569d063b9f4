"""How functions are made: their limits, their environment, and what they may do."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from .components.inbound import TIMEOUT
from .interfaces import Folder, Operation

_HANDLERS: Final = "bounded_context.handlers"
"""Where the library's own entry points are."""

_ONE_CPU: Final = 1769
"""MB of memory at which Lambda gives a function one whole processor."""


@dataclass(frozen=True, kw_only=True)
class Preset:
    """How a function is made. For one of another kind, `dataclasses.replace` what differs.

    Args:
        timeout: seconds that a call may take.
        memory: MB; with 1769 a function has one whole processor.
        variables: the names of the variables in its environment (see `Functions`).
        items: what it may do with items of the table.
        of_others: whether these are the items of other contexts' things alone, which the setting `consumes` names.
        queries: whether it may query the table's indexes.
        read: the inbox's folders whose objects it may read.
        write: those whose objects it may write.
        list_: those that it may list.
        secrets: the secrets that it may read, in kebab-case; the variable SECRET_<NAME> tells it where each is.
        handler: the dotted name of what Lambda calls, if not `<package>.handlers.<function>.lambda_handler`.
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
    secrets: tuple[str, ...] = ()
    handler: str | None = None

    @property
    def uses_objects(self) -> bool:
        """Whether the function needs the inbox."""
        return bool(self.read or self.write or self.list_)


COMMAND: Final = Preset(
    timeout=10, memory=512, variables=("TABLE_NAME",), items=("GetItem", "PutItem", "UpdateItem", "DeleteItem")
)
"""Takes one command."""

GET: Final = Preset(timeout=10, memory=512, variables=("TABLE_NAME",), items=("GetItem",))
"""Answers with one aggregate."""

LIST: Final = Preset(timeout=10, memory=512, variables=("TABLE_NAME",), queries=True)
"""Answers with a page of aggregates."""

REGISTER_LIST: Final = Preset(
    timeout=900,
    memory=_ONE_CPU,
    variables=("TABLE_NAME", "INBOX_BUCKET", "MAX_LIST_BYTES", "TEMPORARY_NAMES"),
    items=("GetItem", "PutItem", "UpdateItem"),
    read=("incoming",),
    list_=("incoming",),
)
"""Records a list that has arrived."""

VALIDATE_LIST: Final = Preset(
    timeout=900,
    memory=_ONE_CPU,
    variables=("TABLE_NAME", "INBOX_BUCKET", "TOLERATED_SHARE", "PART_ROWS"),
    items=("GetItem", "UpdateItem"),
    read=("incoming", "staging"),
    write=("staging",),
    list_=("staging",),
)
"""Reads a list's rows, and stages the good ones."""

VERIFY_LIST: Final = Preset(
    timeout=900,
    memory=_ONE_CPU,
    variables=("TABLE_NAME", "INBOX_BUCKET", "TOLERATED_SHARE"),
    items=("GetItem", "BatchGetItem", "UpdateItem"),
    read=("staging", "reports"),
    write=("staging", "reports"),
    list_=("staging", "reports"),
)
"""Checks a list's rows against what the context knows."""

IMPORT_LIST: Final = Preset(
    timeout=120,
    memory=_ONE_CPU,
    variables=("TABLE_NAME", "INBOX_BUCKET"),
    items=("GetItem", "BatchGetItem", "PartiQLInsert", "UpdateItem"),
    read=("staging",),
    list_=("staging",),
)
"""Writes one part of a list. If a call is lost, the part and its list wait for the end of that call's time."""

COMPENSATE_ERROR: Final = Preset(
    timeout=900,
    memory=_ONE_CPU,
    variables=("TABLE_NAME", "INBOX_BUCKET"),
    items=("GetItem", "UpdateItem", "DeleteItem"),
    read=("staging", "reports"),
    write=("reports",),
    list_=("staging", "reports"),
)
"""Undoes what a list wrote."""

ON_EVENT: Final = Preset(
    timeout=TIMEOUT,
    memory=512,
    variables=("TABLE_NAME", "CONSUMES", "DEAD_LETTER_URL"),
    items=("PutItem",),
    of_others=True,
)
"""Takes other contexts' events."""


def _platform(name: str, timeout: int, memory: int, *variables: str) -> Preset:
    handler = f"{_HANDLERS}.{name}.lambda_handler"
    return Preset(timeout=timeout, memory=memory, variables=("CONTEXT", *variables), handler=handler)


PRE_TRAFFIC: Final = "pre_traffic"
POST_TRAFFIC: Final = "post_traffic"
HOOKS: Final = (PRE_TRAFFIC, POST_TRAFFIC)
"""What CodeDeploy calls before and after it shifts the traffic of one of the others."""

PLATFORM: Final[Mapping[str, Preset]] = {
    "relay_events": _platform("relay_events", 60, 512, "TOPIC_ARN"),
    "measure_lists": _platform("measure_lists", 60, 256, "IMPORT_TARGET_SECONDS"),
    "watch_lists": _platform("watch_lists", 60, 256, "STATE_MACHINE_ARN", "FUNCTION_PREFIX"),
    # A page of 1,000 versions takes less than half a second: some two million versions within 15 minutes.
    "sweep_uploads": replace(
        _platform("sweep_uploads", 900, 512, "TABLE_NAME", "INBOX_BUCKET", "TEMPORARY_NAMES"),
        items=("BatchGetItem",),
        list_=("incoming",),
    ),
    PRE_TRAFFIC: _platform(PRE_TRAFFIC, 120, 512, "FUNCTION_PREFIX"),
    POST_TRAFFIC: _platform(POST_TRAFFIC, 120, 512, "FUNCTION_PREFIX"),
}
"""The functions that come with the library. The context is named to them by the variable CONTEXT."""
