"""AWS/Scheduler, by schedule group.

Measured: InvocationAttemptCount, from the calls of the schedule's function. Assumed: InvocationDroppedCount.
"""

from collections.abc import Iterable, Iterator, Mapping

from ...emulator.aws import Aws
from ..logs import Call
from ..samples import Sample
from . import zeros

NAMESPACE = "AWS/Scheduler"
NAMES = ("InvocationAttemptCount", "InvocationDroppedCount")


def samples(aws: Aws, calls: Iterable[Call], aliases: Mapping[str, str], now: float) -> Iterator[Sample]:
    """Yield the samples of every schedule.

    Args:
        aws: the emulator.
        calls: the calls of all functions.
        aliases: the aliases' ARNs by function.
        now: the time of assumed samples, in seconds since 1970.
    """
    calls = list(calls)
    for schedule in aws.call("scheduler", "list_schedules")["Schedules"]:
        dimensions = {"ScheduleGroup": schedule["GroupName"]}
        for call in calls:
            if aliases.get(call.function) == schedule["Target"]["Arn"]:
                yield Sample(NAMESPACE, "InvocationAttemptCount", dimensions, "Count", call.began, 1)
        yield from zeros(NAMESPACE, dimensions, ["InvocationDroppedCount"], now)
