"""The list workflow's functions: their events, checked, and their answers.

Unknown members of an event pass: an execution that is under way may still send what was once needed.
"""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import wraps
from typing import Annotated, Any, Final, TypeVar, get_type_hints

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from ..adapters.throttling import throttling_as_one
from ..application.deadline import time_left
from ..application.list_import import Outcome, Step, Upload
from ..application.staging import Part
from ..context import Context
from ..domain.lists import ListStatus, ReceivedList
from ..domain.reasons import shortened
from ..lists import ListImport
from ..settings import load
from ..telemetry import Handler, about, logger, span, traceparent
from ._function import function
from ._marks import marked


class StepEvent(BaseModel):
    """A step's input: which list it is about."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    list_id: str


class PartEvent(StepEvent):
    """The input of one child of the import."""

    part: Part


class ErrorEvent(StepEvent):
    """The input of the step that undoes a list: what broke, if anything did, as Step Functions caught it.

    A child of the map that undoes names its ``part``; without one, what is left is undone, and the list is closed.
    """

    error: Any = None
    part: Part | None = None

    @property
    def name(self) -> str | None:
        """What it broke with, without its cause, which may quote anything; a list that was refused has none."""
        return self.error.get("Error") if isinstance(self.error, dict) else None


def _time_or_none(value: Any, read: ValidatorFunctionWrapHandler) -> datetime | None:
    """Return None for what is no time of a zone: an import goes on without it."""
    try:
        return read(value)
    except ValidationError:
        return None


_Time = Annotated[AwareDatetime | None, WrapValidator(_time_or_none)]


class UploadEvent(BaseModel):
    """An announced file: ``path`` as Transfer writes it ("/bucket/key"), or ``bucket`` and ``key`` as S3 does.

    S3 also names the ``version``; what Transfer says of it is ``detail``, whose ``bytes`` and ``etag`` tell the version
    (Transfer Family User Guide, "Transfer Family events detail reference"; a rename's event has neither). ``began`` and
    ``ended`` are its ``start-timestamp`` and ``end-timestamp``. ``failed`` is the id of Transfer's event for an upload
    that broke off.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    bucket: str
    key: str
    version: str | None = None
    failed: str = ""
    size: int | None = None
    etag: str = ""
    began: _Time = None
    ended: _Time = None

    @model_validator(mode="before")
    @classmethod
    def _of_transfer(cls, values: dict[str, Any]) -> dict[str, Any]:
        if "path" not in values:
            return values
        bucket, _, key = str(values["path"]).removeprefix("/").partition("/")
        # An execution that an earlier version of the rules started has no detail.
        detail = values.get("detail") or {}
        told = {"size": detail.get("bytes"), "etag": str(detail.get("etag") or "").strip('"')}
        times = {"began": detail.get("start-timestamp"), "ended": detail.get("end-timestamp")}
        return {**values, **told, **times, "bucket": bucket, "key": key}

    @property
    def during(self) -> tuple[datetime, datetime] | None:
        """When the upload or rename began and ended, as far as Transfer says."""
        times = [time for time in (self.began, self.ended) if time]
        return (min(times), max(times)) if times else None


class RegisterEvent(BaseModel):
    """The input of the first step; ``execution`` is the ARN of the execution that asks."""

    model_config = ConfigDict(hide_input_in_errors=True)

    upload: UploadEvent
    execution: str

    def uploaded(self) -> Upload:
        """Return the announced file."""
        told = self.upload
        return Upload(told.bucket, told.key, told.version, told.failed, told.size, told.etag, told.during)


E = TypeVar("E", bound=BaseModel)
S = TypeVar("S", bound=BaseModel)

_SAYS: Final[Mapping[str, str]] = {
    "register_list": "list registered",
    "validate_list": "list validated",
    "import_list": "part imported",
    "compensate_error": "list given up",
}
"""The log line of each step that has come to its end."""

_SPANS: Final[Mapping[str, str]] = {"import_list": "write rows", "compensate_error": "undo rows"}
"""The steps whose work with rows shows in a trace."""


def step(
    context: Context[Any], *needs: Callable[[], object], settings: type[S]
) -> Callable[[Callable[[E, S], Step | ReceivedList]], Handler]:
    """Make a function of an event and the settings the Lambda handler of a step of a context's list workflow.

    The type of the first parameter says what the event must be. The function returns which way the workflow goes, or
    the list that was given up; its name is that of its module.

    Args:
        context: whose lists they are.
        needs: what builds what the step needs: the smoke check builds it all.
        settings: what the step reads from its environment.
    """

    def decorate(work: Callable[[E, S], Step | ReceivedList]) -> Handler:
        name = work.__module__.rpartition(".")[2]
        event_type: type[E] = next(iter(get_type_hints(work).values()))

        @wraps(work)
        def handler(event: dict[str, Any], call: Any) -> dict[str, Any]:
            asked = event_type.model_validate(event)
            _begun(asked)
            recorded = span(_SPANS[name]) if name in _SPANS else nullcontext()
            with time_left(call.get_remaining_time_in_millis() / 1000), throttling_as_one(), recorded:
                done = work(asked, load(settings, context))
            return _ended(context, name, done)

        builders = [_with_rows(build) for build in needs] if name in _SPANS else needs
        return marked(function(context, name, settings, builders)(handler), needs=needs)

    return decorate


def _with_rows(build: Callable[[], object]) -> Callable[[], object]:
    """Return what also builds what only the steps that write rows need."""

    def whole() -> object:
        built = build()
        return built.imported if isinstance(built, ListImport) else built

    return whole


def _begun(event: BaseModel) -> None:
    if isinstance(event, StepEvent):
        about(list_id=event.list_id)
    if isinstance(event, PartEvent | ErrorEvent) and event.part:
        about(part=event.part.part)
    elif isinstance(event, ErrorEvent):
        logger.info("compensating", error=event.name)


def _ended(context: Context[Any], name: str, done: Step | ReceivedList) -> dict[str, Any]:
    """Return what a step tells the workflow: never a result, only which list and which way to go."""
    outcome = done.status if isinstance(done, ReceivedList) else done.outcome
    about(list_id=done.list_id)
    says = "part undone" if outcome is Outcome.UNDONE else _SAYS.get(name, "list verified")
    logger.info(says, outcome=outcome.value)
    answer = {"list_id": done.list_id, "outcome": outcome.value}
    return answer | {"event": ending(context, done)} if isinstance(done, ReceivedList) else answer


def ending(context: Context[Any], closed: ReceivedList) -> dict[str, Any]:
    """Return the event of a closed list for other contexts. Each try of the step returns the same event id.

    The event joins the upload's trace. A list without a recorded trace uses the step's trace.
    """
    imported, rejected = context.list_events
    if closed.status is ListStatus.IMPORTED:
        return _event(context, closed, imported, "imported", _counts(closed))
    return _event(context, closed, rejected, "rejected", _refusal(closed))


def _event(
    context: Context[Any], closed: ReceivedList, event_type: str, suffix: str, data: dict[str, Any]
) -> dict[str, Any]:
    file, caused_by = closed.file, closed.traceparent or traceparent()
    about_list = {"list_id": closed.list_id, "partner": file.partner, "file": file.key}
    event_id, now = f"{closed.list_id}-{suffix}", datetime.now(UTC)
    return context.source.cloud_event(event_id, event_type, closed.list_id, now, about_list | data, caused_by)


def _counts(closed: ReceivedList) -> dict[str, Any]:
    return {"rows": closed.rows, "imported": closed.valid, "rejected": closed.rejected}


def _refusal(closed: ReceivedList) -> dict[str, Any]:
    # An older version may have recorded a longer reason.
    reason = closed.reason and shortened(closed.reason)
    return {"report": closed.file.report_key, "outcome": closed.status.value, "reason": reason}
