"""MeetDeadlines: sends the commands of aggregates that have stayed in a status for the time of its deadline."""

from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from .. import aws
from ..application.calls import time_left
from ..application.deadlines import STAYS, Deadlines, Due, Outcome
from ..declaration import measures
from ..declaration.context import Context, declared
from ..declaration.entry_points import TableSettings, local
from ..declaration.structure import IN_PROGRESS, MEET_DEADLINES
from ..domain.aggregate import Change, ListOpen, SeveralChanges, Unavailable
from ..domain.fields import now
from ..telemetry import Handler, count, logger
from ._function import function
from ._requests import Refused
from .commands import CommandHandler

_COUNTED: Final = {Outcome.MET: measures.DEADLINES_MET, Outcome.REFUSED: measures.DEADLINES_REFUSED}


def deadlines_handler(context: Context[Any]) -> Handler:
    """Return the Lambda handler of a context's deadlines.

    It answers ``{"met", "nothing", "refused", "stale", "waiting", "failed", "complete", "seconds"}``: the number of
    aggregates by outcome, whether the pass ended, and the age of the oldest aggregate that is still due.
    """

    def handler(event: dict[str, Any], call: Any) -> dict[str, Any]:
        at = _time(event)
        run, passing = partial(_run, context, call), _passing(context)
        deadlines = Deadlines(context.deadline_by_status, aws.due(context), run, passing, _report)
        with time_left(call.get_remaining_time_in_millis() / 1000):
            result = deadlines.meet(at)
        for outcome, measure in _COUNTED.items():
            if result.outcomes[outcome]:
                count(measure, result.outcomes[outcome])
        count(measures.OLDEST_DEADLINE, result.age(at))
        answer: dict[str, Any] = {outcome.value: result.outcomes[outcome] for outcome in Outcome}
        logger.info("deadlines met", **answer, complete=result.complete)
        return {**answer, "complete": result.complete, "seconds": result.age(at)}

    return function(
        context, MEET_DEADLINES, TableSettings, [lambda: aws.due(context), lambda: aws.aggregates(context)]
    )(handler)


def _time(event: dict[str, Any]) -> datetime:
    """Return the time of a pass: the schedule's. A later time than the clock's applies in the local stack only."""
    clock = now()
    asked = datetime.fromisoformat(event["time"]).astimezone(UTC) if "time" in event else clock
    return asked if local() else min(asked, clock)


def _passing(context: Context[Any]) -> frozenset[str]:
    """Return the codes of refusals that end by themselves."""
    unavailable = (error.code for error in context.business_errors if issubclass(error, Unavailable))
    return frozenset((ListOpen.code, IN_PROGRESS, *unavailable))


def _run(context: Context[Any], call: Any, command: Change, key: str) -> str:
    """Run a command as its own function does, under the key of the deadline; return the code of its refusal.

    Raises:
        Refused: the rule is faulty. The aggregate stays due, and its deadline is met after the repair.
    """
    handler = CommandHandler.of(context, type(command))
    if handler.declared.kind == "adds":
        raise TypeError(f"a deadline returned {handler.declared.name}, which adds a child and leaves the status due")
    try:
        handler.perform(command, key, command.model_dump(mode="json", exclude_none=True), call)
    except Refused as refused:
        if refused.rule is SeveralChanges:
            raise
        return refused.code
    return ""


def _report(entry: Due, outcome: Outcome, cause: Exception | str) -> None:
    if isinstance(cause, Exception):
        logger.error("deadline failed", ids=[entry.identity], status=entry.status, exc_info=cause)
    elif outcome is Outcome.REFUSED or outcome in STAYS:
        logger.warning(f"deadline {outcome}", ids=[entry.identity], status=entry.status, code=cause)


lambda_handler = deadlines_handler(declared())
