"""When alarms go off, and that they do not do so for nothing: evaluated minute by minute as CloudWatch does."""

import dataclasses

import pytest

from bounded_context.declaration import measures

from .alarms import Evaluation, Samples, metric_alarms, notifiers, prefix_of, times_told, watched
from .graph import CONTEXT, Graph

COMMAND = CONTEXT.command_functions[0].replace("_", "-")
RELAY = "relay-events"
NIGHT = 8 * 60
"""Minutes."""

OF_API: dict[str, float] = {"Count": 1, "4xx": 1, "5xx": 0, "Latency": 300} if CONTEXT.routes else {}

NORMAL: dict[str, float] = {
    **OF_API,
    "Invocations": 1,
    "Errors": 0,
    "Throttles": 0,
    "Duration": 900,
    "IteratorAge": 800,
    "ApproximateNumberOfMessagesVisible": 0,
    "ApproximateAgeOfOldestMessage": 3,
    "ExecutionsFailed": 0,
    "ExecutionsTimedOut": 0,
    "ExecutionsAborted": 0,
    measures.LISTS_LATE.name: 0,
    measures.LISTS_REJECTED.name: 1,
    measures.OLDEST_UNFINISHED.name: 40,
    measures.UPLOADS_UNSEEN.name: 0,
    measures.MAPPINGS_FAILING.name: 0,
    "DestinationDeliveryFailures": 0,
}
"""What metrics say when all is well; the table's are written only while something is wrong."""


def every(minutes: int, value: float, start: int = 60, end: int = NIGHT) -> Samples:
    return {minute: [value] for minute in range(start, end, minutes)}


def calls(minutes: int, failing: range) -> dict[str, Samples]:
    """A call every so many minutes, of which those that begin within `failing` end in an error."""
    invocations = every(minutes, 1, start=0)
    return {"Invocations": invocations, "Errors": {minute: [float(minute in failing)] for minute in invocations}}


def told_times(graph: Graph, name: str, **metrics: Samples) -> int:
    return times_told(notifiers(graph)[name], metrics, NIGHT)


def test_an_idle_stack_raises_no_alarm(prod: Graph) -> None:
    """A stack without any traffic, or a metric that was never written, is no incident."""
    for alarm in metric_alarms(prod):
        assert times_told(alarm, {}, 2 * 60) == 0, alarm.name


def test_a_healthy_stack_raises_no_alarm(prod: Graph) -> None:
    """Each metric says every twenty minutes what it says when all is well."""
    metrics = {name: every(20, value, start=0, end=3 * 60) for name, value in NORMAL.items()}
    for alarm in metric_alarms(prod):
        assert times_told(alarm, metrics, 3 * 60) == 0, alarm.name


@pytest.mark.parametrize("minutes", [1, 10, 120])
def test_one_failed_command_raises_one_warning_and_no_critical_alarm(prod: Graph, minutes: int) -> None:
    """However many others there are: none of the critical alarms goes off, the one on the version does."""
    metrics = calls(minutes, range(120, 121))
    assert told_times(prod, "callers-errors", **metrics) == 0
    assert told_times(prod, "commands-burn-fast", **metrics) == 0
    assert told_times(prod, "commands-burn-slow", **metrics) == 0
    assert told_times(prod, f"{COMMAND}-new-version-errors", **metrics) == 1


@pytest.mark.parametrize("minutes", [1, 5, 10])
def test_a_rarely_called_command_that_fails_for_two_hours_raises_one_alarm(prod: Graph, minutes: int) -> None:
    """The alarm stays on between two calls and is over an hour after the last failure at the latest."""
    metrics = calls(minutes, range(120, 240))
    assert told_times(prod, "commands-burn-fast", **metrics) == 1
    *_, last = Evaluation(notifiers(prod)["commands-burn-fast"], metrics).states(240 + 60 + 1)
    assert last == "OK"


def test_a_rarely_called_command_is_watched_beside_frequently_called_ones(prod: Graph) -> None:
    """Each keeps the promise by itself: five failures an hour of one, a thousand answers of the others."""
    name = f"{prefix_of(prod)}-{COMMAND}"
    rare = {f"{metric} {name}": samples for metric, samples in calls(10, range(120, 240)).items()}
    metrics = {"Invocations": every(1, 20, start=0), "Errors": every(1, 0, start=0), **rare}
    assert told_times(prod, "commands-burn-fast", **metrics) == 1


def test_a_command_that_is_always_throttled_raises_one_alarm(prod: Graph) -> None:
    """What is throttled is no invocation, and has no errors."""
    assert told_times(prod, "commands-burn-fast", Throttles=every(2, 1, start=120, end=240)) == 1


def test_a_command_that_fails_slowly_is_a_warning(prod: Graph) -> None:
    """One call of a hundred: six times what 99.9 % leave room for, and less than 14.4 times."""
    metrics = {"Invocations": every(1, 100, start=0), "Errors": every(1, 1)}
    assert told_times(prod, "commands-burn-slow", **metrics) == 1
    assert told_times(prod, "commands-burn-fast", **metrics) == 0


def test_one_late_list_at_night_raises_no_alarm(prod: Graph) -> None:
    """It may be the only one of the night, and so all of them."""
    assert told_times(prod, "lists-burn-fast", **{measures.LISTS_LATE.name: {120: [1]}}) == 0
    assert told_times(prod, "lists-burn-slow", **{measures.LISTS_LATE.name: {120: [1]}}) == 0


def test_lists_that_are_late_for_hours_raise_one_alarm(prod: Graph) -> None:
    """A list every twelve minutes, all of them late: the alarm does not end between two of them."""
    assert told_times(prod, "lists-burn-fast", **{measures.LISTS_LATE.name: every(12, 1, start=60, end=300)}) == 1


def test_one_late_list_of_forty_meets_the_objective(prod: Graph) -> None:
    """Forty lists an hour, one of them late each hour: below six times one percent."""
    samples = {minute: [0.0] * 9 + [float(minute % 60 == 0)] for minute in range(0, NIGHT, 15)}
    assert told_times(prod, "lists-burn-slow", **{measures.LISTS_LATE.name: samples}) == 0


@pytest.mark.parametrize("outcome", ["failed", "timed-out", "aborted"])
def test_one_failed_import_raises_one_alarm(prod: Graph, outcome: str) -> None:
    """Each one has a partner who waits, and nobody else acts."""
    metric = f"Executions{outcome.title().replace('-', '')}"
    assert told_times(prod, f"list-import-{outcome}", **{metric: {120: [1]}}) == 1


def test_a_function_that_fails_in_one_minute_of_a_night_raises_no_alarm(prod: Graph) -> None:
    """A step that failed is tried again within seconds; two bad minutes of three are another matter."""
    assert told_times(prod, "background-errors", Errors={120: [1, 1]}) == 0
    assert told_times(prod, "background-errors", Errors={120: [1], 121: [1]}) == 1


def test_only_lasting_throttles_raise_an_alarm(prod: Graph) -> None:
    """Callers and Lambda try again."""
    for name, metric in (("callers-throttles", "Throttles"), ("table-throttles", "WriteThrottleEvents")):
        assert told_times(prod, name, **{metric: {120: [40]}}) == 0
        assert told_times(prod, name, **{metric: every(1, 5, start=120, end=150)}) == 1


@pytest.mark.parametrize("name", ["table-throttles", "table-system-errors"])
def test_an_alarm_on_the_table_ends_although_its_metrics_just_stop(prod: Graph, name: str) -> None:
    """Alarms on AWS/DynamoDB stay as they are without data; these are filled."""
    metric = {"table-throttles": "ReadThrottleEvents", "table-system-errors": "SystemErrors"}[name]
    states = list(Evaluation(notifiers(prod)[name], {metric: every(1, 5, start=120, end=130)}).states(180))
    assert "ALARM" in states[120:135]
    assert states[-1] == "OK"


def test_calls_that_are_slow_now_and_then_are_one_warning(prod: Graph) -> None:
    """A slow call every half an hour does not make an alarm every half an hour."""
    slow = f"Duration {prefix_of(prod)}-validate-list"
    assert told_times(prod, "background-duration", **{slow: every(30, 800_000, end=300)}) == 1
    assert told_times(prod, "background-duration", **{slow: every(30, 600_000, end=300)}) == 0


def test_a_stream_that_is_retried_every_ten_minutes_raises_one_alarm(prod: Graph) -> None:
    """Lambda's pauses between two tries grow; each try says how old the change is."""
    assert told_times(prod, f"{RELAY}-stream-age", IteratorAge=every(10, 3_600_000, end=240)) == 1
    assert told_times(prod, f"{RELAY}-stream-age", IteratorAge=every(1, 60_000)) == 0


def test_inspected_dead_letters_raise_one_alarm(prod: Graph) -> None:
    """Looking hides a message for a while; the queue is not empty for that."""
    hidden = {minute: [float(minute % 4 == 0)] for minute in range(60, 240)}
    assert told_times(prod, "dead-letters-critical", ApproximateNumberOfMessagesVisible=hidden) == 1


@pytest.mark.skipif(not CONTEXT.subscribers, reason="nobody subscribes")
def test_only_a_late_subscriber_raises_an_alarm(prod: Graph) -> None:
    """A queue that is emptied before an hour has passed is no warning."""
    slow = {minute: [60.0 * (minute % 120)] for minute in range(60, 180)}
    assert told_times(prod, "events-age", ApproximateAgeOfOldestMessage=slow) == 1
    assert told_times(prod, "events-age", ApproximateAgeOfOldestMessage=every(1, 3500)) == 0


def test_a_few_rejected_lists_and_one_broken_upload_raise_no_alarm(prod: Graph) -> None:
    """Three rejections an hour are daily business, the fourth is a warning; so are broken uploads, told once."""
    assert told_times(prod, "lists-rejected", **{measures.LISTS_REJECTED.name: {120: [1], 130: [1, 1]}}) == 0
    assert told_times(prod, "lists-rejected", **{measures.LISTS_REJECTED.name: {120: [1], 130: [1, 1, 1]}}) == 1
    assert told_times(prod, "lists-uploads-broken", **{measures.UPLOADS_BROKEN.name: {120: [1], 140: [1]}}) == 1


def test_a_stuck_list_raises_one_alarm_that_missing_data_does_not_clear(prod: Graph) -> None:
    """Without data the alarm does not say that all is well."""
    growing = {minute: [60.0 * (minute - 60)] for minute in range(60, 200)}
    assert told_times(prod, "lists-unfinished", **{measures.OLDEST_UNFINISHED.name: growing}) == 1
    states = list(
        Evaluation(notifiers(prod)["lists-unfinished"], {measures.OLDEST_UNFINISHED.name: growing}).states(300)
    )
    assert "ALARM" in states
    assert "OK" not in states[states.index("ALARM") :]
    assert states[-1] == "INSUFFICIENT_DATA"


def test_a_missing_list_raises_one_alarm_after_the_expected_hours(full: Graph) -> None:
    """Six hours are expected, lists come every two, then none comes for twelve."""
    alarm = notifiers(full)["lists-expected"]
    alarm = dataclasses.replace(alarm, inputs={**alarm.inputs, "evaluationPeriods": 6, "datapointsToAlarm": 6})
    states = list(Evaluation(alarm, {measures.LISTS_RECEIVED.name: every(120, 1, start=0)}).states(20 * 60))
    assert states.index("ALARM") in range(12 * 60, 15 * 60)
    assert set(states[15 * 60 :]) == {"ALARM"}


def test_every_metric_is_tried_here(prod: Graph) -> None:
    """What says when all is well covers all but those that are written only while something is wrong."""
    only_bad = {"ReadThrottleEvents", "WriteThrottleEvents", "SystemErrors", measures.UPLOADS_BROKEN.name}
    only_bad |= {CONTEXT.measures.rows_rejected.name, "RecursiveInvocationsDropped"}
    assert {metric.name for alarm in metric_alarms(prod) for metric in watched(alarm)} == NORMAL.keys() | only_bad
