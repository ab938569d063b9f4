"""The Lambda functions of the list workflow: validation of their events, and their answers.

Unknown members of an event are ignored: a running execution may still send members of an earlier version.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from functools import wraps
from typing import Annotated, Any, Final, TypeVar, overload

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from .. import aws
from ..adapters.conditional import throttling_as_one
from ..application.calls import seconds_to_spare, time_left
from ..application.importing import list_event
from ..application.list_import import Outcome, Step, Upload
from ..application.ports import Throttled
from ..application.staging import Part
from ..declaration.context import BadContext, Context
from ..domain.aggregate import shortened
from ..domain.lists import Failure, FileRange, ReceivedList
from ..lists import ListImport
from ..settings import ListSettings, load
from ..telemetry import Handler, about, failure_of, logger, span, traceparent
from ._function import function, marked


def _or_none(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """Return the read value, or None for a value of another form: the import does not depend on it."""
    try:
        return read(value)
    except ValidationError:
        return None


_Time = Annotated[AwareDatetime | None, WrapValidator(_or_none)]
_Outcome = Annotated[Outcome | None, WrapValidator(_or_none)]


class StepEvent(BaseModel):
    """A step's input: the list's id."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    list_id: str


class PartEvent(StepEvent):
    """The input of a part's import."""

    part: Part


class ValidationEvent(StepEvent):
    """The input of the validation: of a range of the file, or of the whole list.

    Without a ``range``, the step decides about the list. ``outcome`` is then the answer of the previous step. It is
    None in an execution that an earlier release of the workflow started.
    """

    range: FileRange | None = None
    outcome: _Outcome = None


class VerificationEvent(StepEvent):
    """The input of the verification: of a part, or of the whole list.

    Without a ``part``, the step decides about the list. ``outcome`` is then the answer of the previous step, or None in
    an execution that an earlier release of the workflow started.
    """

    part: Part | None = None
    outcome: _Outcome = None


class ErrorEvent(StepEvent):
    """The input of the step that undoes a list: the error that Step Functions caught, if an error occurred.

    With a ``part``, the step undoes that part. Without a ``part``, it undoes all remaining rows and closes the list.
    """

    error: Any = None
    part: Part | None = None

    @property
    def name(self) -> str | None:
        """The error's name, None for a rejected list. The cause is left out: it may quote any data."""
        return self.error.get("Error") if isinstance(self.error, dict) else None


class UploadEvent(BaseModel):
    """An uploaded file, from an event of S3 (``bucket``, ``key``, ``version``) or of Transfer (``path``, ``detail``).

    Transfer's ``path`` is "/bucket/key". The ``bytes`` and ``etag`` of its ``detail`` identify the version (Transfer
    Family User Guide, "Transfer Family events detail reference"; a rename's event has neither). ``began`` and ``ended``
    are its ``start-timestamp`` and ``end-timestamp``. ``failed`` is the id of Transfer's event for an upload that broke
    off. ``scan`` is the result of a malware scan, from GuardDuty's event with ``bucket``, ``key`` and ``version``.
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
    scan: str = ""

    @model_validator(mode="before")
    @classmethod
    def _of_transfer(cls, values: dict[str, Any]) -> dict[str, Any]:
        if "path" not in values:
            return values
        bucket, _, key = str(values["path"]).removeprefix("/").partition("/")
        # Executions that an earlier version of the rules started have no detail.
        detail = values.get("detail") or {}
        version = {"size": detail.get("bytes"), "etag": str(detail.get("etag") or "").strip('"')}
        times = {"began": detail.get("start-timestamp"), "ended": detail.get("end-timestamp")}
        return {**values, **version, **times, "bucket": bucket, "key": key}

    @property
    def during(self) -> tuple[datetime, datetime] | None:
        """The start and end of the upload or rename, as far as the event contains them."""
        times = [time for time in (self.began, self.ended) if time]
        return (min(times), max(times)) if times else None


class RegisterEvent(BaseModel):
    """The input of the first step; ``execution`` is the ARN of the running execution."""

    model_config = ConfigDict(hide_input_in_errors=True)

    upload: UploadEvent
    execution: str

    def uploaded(self) -> Upload:
        """Return the uploaded file."""
        file = self.upload
        return Upload(file.bucket, file.key, file.version, file.failed, file.size, file.etag, file.during, file.scan)


E = TypeVar("E", bound=BaseModel)
S = TypeVar("S", bound=BaseModel)
Done = Step | ReceivedList
"""The result of a step: the workflow's next step, or the list that the step closed."""

_LOG_LINES: Final[Mapping[str, str]] = {
    "register_list": "list registered",
    "validate_list": "list validated",
    "import_list": "part imported",
    "compensate_error": "list given up",
}
"""The log line at the end of each step."""

_SPANS: Final[Mapping[str, str]] = {"import_list": "write rows", "compensate_error": "undo rows"}
"""The trace spans of the steps that write rows."""


@overload
def step(
    context: Context[Any], event: type[E], *, needs: Sequence[Callable[[], object]] = ()
) -> Callable[[Callable[[E, ListImport], Done]], Handler]: ...


@overload
def step(
    context: Context[Any], event: type[E], settings: type[S], *, needs: Sequence[Callable[[], object]] = ()
) -> Callable[[Callable[[E, S, ListImport], Done]], Handler]: ...


def step(
    context: Context[Any],
    event: type[BaseModel],
    settings: type[BaseModel] | None = None,
    *,
    needs: Sequence[Callable[[], object]] = (),
) -> Callable[[Callable[..., Done]], Handler]:
    """Return a decorator that makes a function the Lambda handler of a list workflow step.

    The function gets the event, the settings if the step has its own, and the steps of `bounded_context.lists`. It
    returns the workflow's next step, or the list that it closed. The function's name is the step's name.

    Args:
        context: the context of the lists.
        event: the model of the step's event.
        settings: the model of the step's environment variables; by default `ListSettings`, which the function lacks.
        needs: builders of further dependencies, such as checks. The smoke check builds them all.

    Raises:
        BadContext: the context has no step with the function's name.
    """

    def decorate(work: Callable[..., Done]) -> Handler:
        name = _name(context, work)

        @wraps(work)
        def handler(values: dict[str, Any], call: Any) -> dict[str, Any]:
            step_event = event.model_validate(values)
            _log_start(step_event)
            own = () if settings is None else (load(settings, context),)
            recorded = span(_SPANS[name]) if name in _SPANS else nullcontext()
            deadline = time_left(call.get_remaining_time_in_millis() / 1000)
            with deadline, _recording(name, step_event, call.aws_request_id), throttling_as_one(), recorded:
                progress = work(step_event, *own, aws.list_import(context))
            return _finish(context, name, progress)

        checked = function(context, name, settings or ListSettings, [_list_import(context, name), *needs])
        return marked(checked(handler), step=name, needs=needs)

    return decorate


def _name(context: Context[Any], work: Callable[..., Done]) -> str:
    name = work.__name__
    if name not in context.steps:
        raise BadContext(f"{name} is no step of {context.title}'s lists: name the function {', '.join(context.steps)}.")
    return name


def _list_import(context: Context[Any], name: str) -> Callable[[], object]:
    """Return the builder of a step's adapters. Only steps that write rows need the import's adapters."""
    return lambda: aws.list_import(context).imported if name in _SPANS else aws.list_import(context)


@contextmanager
def _recording(name: str, event: BaseModel, request_id: str) -> Iterator[None]:
    """Record the exception of a step in its list, and raise it again. Throttled calls write nothing more."""
    try:
        yield
    except Throttled:
        raise
    except Exception as error:
        if isinstance(event, StepEvent) and not isinstance(event, ErrorEvent) and seconds_to_spare() > 0:
            _record(event, failure_of(error, name, _part(event), request_id))
        raise


def _part(event: BaseModel) -> int | None:
    part = getattr(event, "part", None)
    return part.part if isinstance(part, Part) else None


def _record(event: StepEvent, failure: Failure) -> None:
    # Only the import knows later which of its parts failed. The last exception of any part of another step counts.
    part = failure.part if isinstance(event, PartEvent) else None
    try:
        aws.lists().record_failure(event.list_id, failure, part)
    except Exception:
        # The step's own exception is raised, whatever happens to its record.
        logger.warning("failure not recorded", exc_info=True)


def _log_start(event: BaseModel) -> None:
    if isinstance(event, StepEvent):
        about(list_id=event.list_id)
    if (part := _part(event)) is not None:
        about(part=part)
    elif isinstance(event, ErrorEvent):
        logger.info("compensating", error=event.name)


def _finish(context: Context[Any], name: str, progress: Step | ReceivedList) -> dict[str, Any]:
    """Log a step's end, and return its answer: the list's id, the outcome, and the event if it closed the list."""
    outcome = progress.status if isinstance(progress, ReceivedList) else progress.outcome
    about(list_id=progress.list_id)
    line = "part undone" if outcome is Outcome.UNDONE else _LOG_LINES.get(name, "list verified")
    if isinstance(progress, ReceivedList) and progress.setting:
        about(setting=progress.setting)
    logger.info(line, outcome=outcome.value)
    answer = {"list_id": progress.list_id, "outcome": outcome.value}
    return answer | _closing_facts(context, progress) if isinstance(progress, ReceivedList) else answer


def _closing_facts(context: Context[Any], closed: ReceivedList) -> dict[str, Any]:
    """Return the event of a closed list, and the cause of its failure for the execution: operators see it there."""
    if closed.failure is None:
        return {"event": list_event(context, closed, traceparent())}
    logger.error("list failed", cause=closed.failure.text)
    return {"event": list_event(context, closed, traceparent()), "cause": shortened(closed.failure.text)}
