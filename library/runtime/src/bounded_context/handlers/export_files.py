"""ExportFiles: writes the files of exports, notes the files that partners fetch, and measures the others."""

from datetime import UTC, datetime
from typing import Any

from .. import aws
from ..application.calls import time_left
from ..application.exports import Outcome
from ..declaration import measures
from ..declaration.context import Context, declared
from ..declaration.structure import EXPORT_FILES
from ..domain.exports import ExportFile, file_of
from ..domain.fields import now
from ..settings import ExportSettings
from ..telemetry import Handler, count, logger
from ._function import function


def exports_handler(context: Context[Any]) -> Handler:
    """Return the Lambda handler of a context's exports.

    An event with ``export`` and ``time`` is a schedule's, and begins the files of a period. An event with
    ``downloaded`` and ``bytes`` is Transfer's: a partner has read a file. Any other event continues the files that are
    not complete, and sends files to the own servers of partners. The answer is ``{"prepared", "delivered", "continues",
    "failed", "unprepared", "unfetched"}``: the number of files by outcome, and the age in seconds of the oldest file
    that is not complete, or not fetched.
    """

    def handler(event: dict[str, Any], call: Any) -> dict[str, Any]:
        outcomes = dict.fromkeys(Outcome, 0)

        def report(file: ExportFile, outcome: Outcome, cause: Exception | str) -> None:
            outcomes[outcome] += 1
            _log(file, outcome, cause)

        if "downloaded" in event:
            return {"fetched": _fetched(context, event)}
        exports = aws.exports(context, report)
        with time_left(call.get_remaining_time_in_millis() / 1000):
            if "export" in event:
                exports.start(event["export"], _time(event))
            ages = exports.resume()
        if outcomes[Outcome.PREPARED]:
            count(measures.FILES_PREPARED, outcomes[Outcome.PREPARED])
        count(measures.OLDEST_UNPREPARED, ages.unprepared)
        count(measures.OLDEST_UNFETCHED, ages.unfetched)
        answer = {outcome.value: number for outcome, number in outcomes.items()}
        return {**answer, "unprepared": ages.unprepared, "unfetched": ages.unfetched}

    return function(context, EXPORT_FILES, ExportSettings, [lambda: aws.exports(context)])(handler)


def _time(event: dict[str, Any]) -> datetime:
    """Return the time of a period: the schedule's, and not a later time, whose changes are still to come."""
    clock = now().replace(microsecond=0)
    return min(datetime.fromisoformat(event["time"]).astimezone(UTC), clock) if "time" in event else clock


def _fetched(context: Context[Any], event: dict[str, Any]) -> bool:
    """Note a file that a partner has read to its end. Other files, and a part of a file, have no effect."""
    file = file_of(context.name, context.exports, event["downloaded"])
    records = aws.exports(context).records
    record = records.get(file) if file else None
    if file is None or record is None or int(event["bytes"]) < record.size:
        return False
    logger.info("file fetched", export=file.export, partner=file.partner, period=file.period)
    return records.fetched(file)


def _log(file: ExportFile, outcome: Outcome, cause: Exception | str) -> None:
    facts = {"export": file.export, "partner": file.partner, "period": file.period}
    if isinstance(cause, Exception):
        logger.error("file failed", **facts, exc_info=cause)
    elif cause:
        logger.warning(f"file {outcome}", **facts, reason=cause)
    else:
        logger.info(f"file {outcome}", **facts)


lambda_handler = exports_handler(declared())
