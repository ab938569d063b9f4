"""Samples of any context, and calls of its functions or of its whole list workflow, as Lambda calls them.

Samples are generated from the fields of a context. Files of partners have each format.
"""

import csv
import gzip
import json
import os
import sys
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from fractions import Fraction
from functools import cached_property
from importlib import import_module
from io import StringIO
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from ..application.control import Control
from ..application.list_import import Outcome, Upload
from ..application.ports import Aggregates, Answer, Reply, Sender, SystemRequest, answers
from ..application.staging import VERIFIED, Staging
from ..application.verification import RowsCheck
from ..application.writing import writer
from ..declaration.context import BadContext, Context
from ..declaration.entry_points import entry_point
from ..domain.aggregate import Aggregate, Unavailable
from ..domain.field_types import BY_KIND
from ..domain.fields import choices, kind_of, times_of_tests
from ..domain.formats import PLAIN, FileFormat
from ..domain.lists import ListStatus
from ..domain.rows import Record
from .in_memory import KNOWN, InMemory

if TYPE_CHECKING:
    from ..telemetry import Handler


A = TypeVar("A", bound=Aggregate[Any, Any])

_NUMBERED: Final = {"identifier": "id-{n:06d}", "text": "text {n}", "decimal": "{n}.50", "int": "{n}"}
_BY_KIND: Final = {kind: field_type.sample for kind, field_type in BY_KIND.items()} | _NUMBERED


@contextmanager
def on(day: date | datetime) -> Iterator[None]:
    """Let `bounded_context.today` and `bounded_context.now` return a day, or a time, until the block ends.

    The time of a day is its beginning in UTC. A time without a zone is in UTC.
    """
    at = day if isinstance(day, datetime) else datetime.combine(day, time())
    times_of_tests.append(at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC))
    try:
        yield
    finally:
        times_of_tests.pop()


OwnValues = Callable[[int], Mapping[str, str]]
"""Returns the values of the n-th sample that are the repository's own, as text by column."""


def own_values(context: Context[Any]) -> OwnValues:
    """Return the repository's own values of samples, for rules that refuse generated values.

    ``samples = "tests.samples:claim"`` in ``[tool.bounded-context]`` of ``pyproject.toml`` names the function.

    Raises:
        BadContext: there is no such function.
    """
    root, settings = _repository()
    module, _, name = str(settings.get("samples", "")).partition(":")
    if not module or str(settings.get("context")).partition(".")[0] != context.name:
        return lambda _: {}
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        remedy = "write <module>:<function>, as in tests.samples:claim"
        raise BadContext(f"pyproject.toml: samples: {error}: {remedy}.") from error


def _repository() -> tuple[Path, dict[str, Any]]:
    """Return the repository's folder and its ``[tool.bounded-context]``, which is empty outside of a repository."""
    start = Path(os.environ.get("BOUNDED_CONTEXT_PROJECT", "")).resolve()
    for folder in (start, *start.parents):
        if (file := folder / "pyproject.toml").is_file():
            tools = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {})
            if "bounded-context" in tools:
                return folder, tools["bounded-context"]
    return start, {}


def assembled(records: Iterable[Sequence[str]], format_: FileFormat = PLAIN) -> bytes:
    """Return records of texts, the header first, as a file. Raises ValueError: the format has no place for a text."""
    header, *rows = [*records] or [[]]
    control = Control(format_, [*map(format_.column, header)])
    for number, row in enumerate(rows, 1):
        control.add(Record(number, [*row]))
    keyed = ((f"row {number}", row) for number, row in enumerate(rows, 1))
    own = writer(header, replace(format_, compression=PLAIN.compression))
    data = own.beginning(control.stated) + own.rows(keyed) + own.end(control.stated)
    # The file of a partner has a single member.
    return gzip.compress(data, mtime=0) if format_.compression == "gzip" else data


class Samples(Generic[A]):
    """The samples of a context. The n-th sample always has the same values, and its own identity.

    Values of the repository's own replace generated values (`own_values`).
    """

    def __init__(self, context: Context[A]) -> None:
        self._context = context

    @cached_property
    def _own(self) -> OwnValues:
        return own_values(self._context)

    def values(self, n: int = 1, **changes: str) -> dict[str, str]:
        """Return the n-th row's values as text, with the given changes.

        Fields with a default have a value too, except for fields of a type that the library does not know.

        Raises:
            LookupError: the library does not know the type of a field without a default, so its value must be passed.
        """
        rows, changes = self._context.rows, {**self._own(n), **changes}
        names = [name for name in rows.columns if name in changes or name not in rows.defaults or self._kind(name)]
        return {name: changes[name] if name in changes else self._value(name, n) for name in names} | changes

    def aggregate(self, n: int = 1, **changes: Any) -> A:
        """Return the n-th aggregate, just created; ``changes`` override its status, version or list."""
        kind = self._context.aggregate
        details: Any = kind.details_type.model_validate(self.values(n))
        changes.setdefault("status", self._context.initial_status)
        return kind(details, **changes)

    def file(
        self, rows: Iterable[Mapping[str, str]], columns: Sequence[str] | None = None, format_: FileFormat = PLAIN
    ) -> bytes:
        """Return rows of plain values as a partner's list with a header, in the partner's format."""
        columns = columns or self._context.rows.columns
        in_notation = self._context.rows.writers(format_)
        cells = ([in_notation.get(name, str)(row.get(name, "")) for name in columns] for row in rows)
        return assembled([format_.names(columns), *cells], format_)

    def projection(self) -> list[dict[str, str]]:
        """Return the table's items for the aggregates that samples reference."""
        return [
            {"pk": f"{aggregate.upper()}#{identity}"}
            for aggregate in self._context.referenced_kinds
            for identity in KNOWN
        ]

    def _value(self, field: str, n: int) -> str:
        if field in self._context.references:
            return KNOWN[n % len(KNOWN)]
        kind, values = self._kind(field), choices(self._context.details.model_fields[field])
        if values:
            return values[n % len(values)]
        if kind is None:
            raise LookupError(f"{field} is of none of the library's types: pass its value")
        return _BY_KIND[kind].format(n=n)

    def _kind(self, field: str) -> str | None:
        return kind_of(self._context.details.model_fields[field])


TABLE: Final = "table"
BUCKET: Final = "inbox"

VARIABLES: Final[Mapping[str, str]] = {
    "TABLE_NAME": TABLE,
    "INBOX_BUCKET": BUCKET,
    "MAX_LIST_BYTES": "1000000",
    "TEMPORARY_NAMES": '[".part"]',
    "FORMATS": "{}",
    "PART_ROWS": "10",
    "TOLERATED_SHARE": "0",
    "FUNCTION_PREFIX": "context-test-",
    "IMPORT_TARGET_SECONDS": "900",
    "CONSUMES": "{}",
    "STATE_MACHINE_ARN": "arn:aws:states:eu-central-1:123456789012:stateMachine:list-import",
    "POWERTOOLS_METRICS_NAMESPACE": "tests",
    "POWERTOOLS_SERVICE_NAME": "tests",
}
"""The functions' environment variables, except for the topic and the dead-letter queue."""


@dataclass
class LambdaContext:
    """The second argument of a handler, which Lambda's runtime provides."""

    function_name: str = "function"
    function_version: str = "7"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:function:live"
    aws_request_id: str = "request-1"
    remaining_ms: int = 120_000

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the timeout."""
        return self.remaining_ms


class Functions:
    """The functions of a context. ``handlers`` has the entry points that presets name, by function."""

    def __init__(self, context: Context[Any], handlers: Mapping[str, str] = MappingProxyType({})) -> None:
        self._context = context
        self._handlers = handlers

    def invoke(self, function: str | ModuleType, event: Any) -> Any:
        """Call a function by its name, or an entry point of your own by its module, and return the result."""
        if isinstance(function, ModuleType):
            return function.lambda_handler(event, LambdaContext())
        return handler_of(self._context, function, self._handlers.get(function))(event, LambdaContext())


def handler_of(context: Context[Any], function: str, handler: str | None = None) -> "Handler":
    """Return the handler of a function. ``handler`` is the entry point that its preset names, if any.

    Raises:
        AttributeError, ModuleNotFoundError: the context has no such function.
    """
    # The logger reads its variables when it is imported: a test sets them first.
    from ..handlers import entry_points

    module, _, name = (handler or entry_point(context, function)).rpartition(".")
    if module == entry_points.__name__:
        return entry_points._handler_of(context, function)
    return getattr(import_module(module), name)


def forget_adapters() -> None:
    """Clear the cached adapters of all functions, since they may belong to another test's account."""
    modules = [module for name, module in sys.modules.items() if name.startswith("bounded_context.aws")]
    for cached in (cached for module in modules for cached in vars(module).values()):
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()


class InMemorySystem(Sender):
    """A system that answers by a function, and records its ``requests``. It does not answer while it is ``down``."""

    def __init__(self, answer: Answer, unavailable: type[Unavailable]) -> None:
        super().__init__(self._reply)
        self._answer = answer
        self._unavailable = unavailable
        self.down = False
        self.requests: list[SystemRequest] = []

    def _reply(self, request: SystemRequest) -> Reply:
        self.requests.append(request)
        status, value = (503, None) if self.down else self._answer(request)
        if not answers(status):
            raise self._unavailable("the system")
        return Reply(status, json.dumps(value))


KEY: Final = "incoming/partner/list.csv"
_LARGEST: Final = 100_000_000


@dataclass(frozen=True)
class Run(Generic[A]):
    """The result of a list: ``outcome`` is its last status, ``report`` has the lines for the partner.

    A line has the keys ``line`` (empty if it concerns the whole list), ``field``, ``reason``, ``code`` and ``remedy``.
    The code is the rejection's code if a rule rejected the row, and otherwise the code of the fault.
    """

    outcome: ListStatus
    report: list[dict[str, str]]
    aggregates: list[A]


def run_list(
    context: Context[A],
    rows: Sequence[Mapping[str, str]],
    *,
    known: Mapping[str, Collection[str]] | None = None,
    existing: Sequence[A] = (),
    checks: Sequence[RowsCheck[Any]] = (),
    rule: Callable[[Any, Aggregates[A]], A] | None = None,
    tolerated_share: Fraction = Fraction(0),
    part_rows: int = 10,
) -> Run[A]:
    """Import rows as a list and return the result.

    Args:
        context: the context that receives the list.
        rows: the partner's rows, as text by column.
        known: known identities by the field that refers to them; by default the samples' identities.
        existing: aggregates that exist before the import.
        checks: additional checks of the verification, besides references, identities and the rule.
        rule: the use case that each row must pass; by default the rule of the creating command.
        tolerated_share: the tolerated share of bad rows, 0 to 1; a larger share rejects the list. The default is the
            setting's: one bad row rejects the list.
        part_rows: the number of rows in a part.
    """
    world = InMemory(context, known, rule)
    for aggregate in existing:
        world.aggregates.add(aggregate)
    world.files.write(KEY, Samples(context).file(rows))
    return _Workflow(world, tolerated_share, part_rows).run([*world.checks(), *checks])


@dataclass
class _Workflow(Generic[A]):
    """The states of the workflow, executed in order."""

    world: InMemory[A]
    tolerated_share: Fraction
    part_rows: int

    def run(self, checks: Sequence[RowsCheck[Any]]) -> Run[A]:
        steps = self.world.list_import()
        list_id = steps.register(Upload("inbox", KEY), "run-1", _LARGEST).list_id
        good = (
            steps.validate(list_id, self.tolerated_share, self.part_rows).outcome is Outcome.VALIDATED
            and steps.verify(list_id, self.tolerated_share, checks).outcome is Outcome.VERIFIED
            and self._import(list_id)
        )
        if not good:
            steps.compensate(list_id)
        return self._result(list_id)

    def _import(self, list_id: str) -> bool:
        steps = self.world.list_import()
        parts = Staging(self.world.files, list_id).manifest(VERIFIED)
        outcomes = [steps.import_part(list_id, part).outcome is Outcome.IMPORTED for part in parts]
        if all(outcomes):
            self.world.lists.progress(list_id, ListStatus.IMPORTED)
        return all(outcomes)

    def _result(self, list_id: str) -> Run[A]:
        record = self.world.lists.get(list_id)
        report = (self.world.files.read(record.file.report_key) or b"").decode()
        return Run(record.status, list(csv.DictReader(StringIO(report))), list(self.world.aggregates.stored.values()))
