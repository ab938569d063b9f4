"""Whatever may fail sets off the alarm that sees it, and no other; the pages say which, and what a person then does."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pytest

from bounded_context.declaration import measures
from bounded_context.domain.faults import Fault
from bounded_context.domain.spelling import kebab
from bounded_context_cli.docs import FOLDER

from .alarms import Evaluation, Metrics, Samples, composites, notifiers
from .graph import CONTEXT, Graph, Node

PREFIX: Final = f"{kebab(CONTEXT.name)}-prod"
COMMAND: Final = kebab(CONTEXT.command_functions[0])
LAST: Final = kebab(CONTEXT.command_functions[-1])
QUERY: Final = kebab(CONTEXT.queries[0])
STEP: Final = "import-list"
START: Final = 60
END: Final = START + 65
"""Minutes: what is planted begins at the one; an hour has passed at the other."""


@dataclass(frozen=True)
class Failure:
    """What is planted, each by itself, and the alarms that go off then; `unless` says of which contexts it is not."""

    plants: tuple[Metrics, ...]
    alarms: frozenset[str]
    unless: bool = False


def during(minutes: int, value: float, start: int = START, every: int = 1) -> Samples:
    return {minute: [value] for minute in range(start, start + minutes, every)}


def of(function: str, **metrics: Samples) -> Metrics:
    return {f"{name} {PREFIX}-{function}": samples for name, samples in metrics.items()}


def failure(*alarms: str, plants: list[Metrics], unless: bool = False) -> Failure:
    return Failure(tuple(plants), frozenset(alarms), unless)


def letters(*queues: str) -> list[Metrics]:
    seen = "ApproximateNumberOfMessagesVisible"
    return [{f"{seen} {PREFIX}-{queue}-dead-letters": during(10, 1)} for queue in queues]


def waiting(*queues: str) -> list[Metrics]:
    return [{f"ApproximateAgeOfOldestMessage {PREFIX}-{queue}": during(10, 2 * 3600)} for queue in queues]


OWN: Final = [f"events-{subscriber}" for subscriber in CONTEXT.subscribers]
NO_API: Final = not CONTEXT.routes

COPIES: Final = "NumberOfCopyJobsCompleted copies"

FAILURES: Final[Mapping[str, Failure]] = {
    "a command or a query fails": failure(
        "callers-errors", f"{COMMAND}-new-version-errors", plants=[of(COMMAND, Errors=during(2, 1))]
    ),
    "anything else fails": failure(
        "background-errors", f"{STEP}-new-version-errors", plants=[of(STEP, Errors=during(2, 1))]
    ),
    "a new version fails": failure(f"{QUERY}-new-version-errors", plants=[of(QUERY, Errors=during(1, 1))]),
    "a new version is slow": failure(f"{COMMAND}-latency", plants=[of(COMMAND, Duration=during(3, 900))]),
    "a command or a query is throttled": failure("callers-throttles", plants=[of(COMMAND, Throttles=during(3, 1))]),
    "anything else is throttled": failure("background-throttles", plants=[of(STEP, Throttles=during(3, 40))]),
    "a message leads to its function again and again": failure(
        "background-loops", plants=[of("on-event", RecursiveInvocationsDropped=during(1, 1))]
    ),
    "a command or a query nearly times out": failure("callers-duration", plants=[of(QUERY, Duration=during(1, 9000))]),
    "anything else nearly times out": failure(
        "background-duration",
        plants=[of(STEP, Duration=during(1, 200_000)), of("relay-events", Duration=during(1, 50_000))],
    ),
    "events of other contexts nearly time out": failure(
        "background-duration-2", plants=[of("on-event", Duration=during(1, 29_000))]
    ),
    "a command fails now and then": failure(
        "commands-burn-fast",
        "commands-burn-slow",
        f"{LAST}-new-version-errors",
        plants=[of(LAST, Errors=during(60, 1, every=10), Invocations=during(60, 1, every=10))],
    ),
    "the API answers with errors": failure("api-errors", plants=[{"5xx": during(2, 1)}], unless=NO_API),
    "the API answers with errors now and then": failure(
        "api-burn-fast",
        "api-burn-slow",
        plants=[{"5xx": during(60, 1, every=10), "Count": during(60, 1, every=10)}],
        unless=NO_API,
    ),
    "the API is slow": failure("api-latency", plants=[{"Latency": during(20, 5000)}], unless=NO_API),
    "the API refuses most requests": failure(
        "api-refusals", plants=[{"4xx": during(20, 30), "Count": during(20, 40)}], unless=NO_API
    ),
    "changes are published late, or publishing them is refused": failure(
        "relay-events-stream-age", plants=[of("relay-events", IteratorAge=during(5, 3_600_000))]
    ),
    "lists are measured late": failure(
        "measure-lists-stream-age", plants=[of("measure-lists", IteratorAge=during(5, 3_600_000))]
    ),
    "an event source mapping is disabled or fails": failure(
        "mappings-failing", plants=[{measures.MAPPINGS_FAILING.name: during(10, 1)}]
    ),
    "a batch that the relay gave up is not kept": failure(
        "relay-events-given-up-lost", plants=[of("relay-events", DestinationDeliveryFailures=during(1, 1))]
    ),
    "a batch that the metrics of lists gave up is not kept": failure(
        "measure-lists-given-up-lost", plants=[of("measure-lists", DestinationDeliveryFailures=during(1, 1))]
    ),
    "an upload started no import, or the relay gave up on a change": failure(
        "dead-letters-critical", plants=letters("uploads", "relay-events")
    ),
    "messages of a subscriber, list metrics or others' events reached the dead-letter queue": failure(
        "dead-letters-warning", plants=letters(*OWN, "inbound", "measure-lists")
    ),
    "a subscriber does not keep up": failure("events-age", plants=waiting(*OWN), unless=not OWN),
    "an archive gets events late, cannot convert them, or throttles them for an hour": failure(
        *("archive-bi-late", "archive-bi-failed", "archive-bi-throttled"), plants=[], unless=not CONTEXT.archives
    ),
    "other contexts' events wait": failure("inbound-age", plants=waiting("inbound")),
    "an import fails": failure("list-import-failed", plants=[{"ExecutionsFailed": during(1, 1)}]),
    "an import runs out of time": failure("list-import-timed-out", plants=[{"ExecutionsTimedOut": during(1, 1)}]),
    "an import is aborted": failure("list-import-aborted", plants=[{"ExecutionsAborted": during(1, 1)}]),
    "a list does not end": failure(
        "lists-unfinished", plants=[{measures.OLDEST_UNFINISHED.name: during(10, 2 * 3600)}]
    ),
    "lists are late": failure(
        "lists-burn-fast", "lists-burn-slow", plants=[{measures.LISTS_LATE.name: during(60, 1, every=20)}]
    ),
    "many lists are rejected": failure("lists-rejected", plants=[{measures.LISTS_REJECTED.name: during(5, 1)}]),
    "a rule fails for rows of a list": failure(
        "lists-rules-failed", plants=[{f"{CONTEXT.measures.rows_rejected.name} {Fault.BROKEN}": during(1, 1)}]
    ),
    "an upload breaks off": failure("lists-uploads-broken", plants=[{measures.UPLOADS_BROKEN.name: during(1, 1)}]),
    "an upload is quarantined, in a stack with the malware gate": failure(
        "lists-uploads-quarantined", plants=[{measures.UPLOADS_QUARANTINED.name: during(1, 1)}]
    ),
    "an upload started no import": failure(
        "lists-uploads-unseen", plants=[{measures.UPLOADS_UNSEEN.name: during(1, 1)}]
    ),
    "no list arrives": failure("lists-expected", plants=[{measures.LISTS_RECEIVED.name: {}}]),
    "the table or an index throttles": failure(
        "table-throttles",
        plants=[
            {f"{kind}ThrottleEvents {where}": during(3, 5)}
            for kind in ("Read", "Write")
            for where in (f"{PREFIX}-table", *CONTEXT.indexes)
        ],
    ),
    "the table answers with errors": failure(
        "table-system-errors",
        plants=[{f"SystemErrors {call}": during(3, 1)} for call in ("Query", "TransactWriteItems")],
    ),
    "no backup leaves the account": failure("backup-copies", plants=[{COPIES: {}}]),
    "a backup of the table or its copy fails": failure(
        "backup-failed", plants=[{f"MatchedEvents {PREFIX}-backup-failed": during(1, 1)}]
    ),
}
"""Everything that may fail and that somebody has to be told of."""

WELL: Final[Metrics] = {
    measures.LISTS_RECEIVED.name: during(END, 1, start=0, every=30),
    COPIES: during(END, 1, start=0, every=30),
}
"""Metrics that are there while all is well."""


def gone_off(alarms: Mapping[str, Node], planted: Metrics) -> set[str]:
    metrics = {**WELL, **planted}
    return {name for name, node in alarms.items() if "ALARM" in Evaluation(node, metrics).states(END, START - 1)}


@pytest.mark.parametrize("what", FAILURES)
def test_a_failure_sets_off_its_alarms_and_no_others(full: Graph, what: str) -> None:
    """Each dead-letter queue, reader, index and kind of function by itself."""
    failure = FAILURES[what]
    if failure.unless:
        pytest.skip("this context has nothing of the kind")
    alarms = {name: node for name, node in notifiers(full).items() if node not in composites(full)}
    for planted in failure.plants:
        assert gone_off(alarms, planted) == failure.alarms, planted


def test_every_alarm_is_that_of_a_failure(full: Graph) -> None:
    """One that nothing sets off is one too many; the newest versions have one each, and `unhealthy` sums up."""
    known = {name for failure in FAILURES.values() for name in failure.alarms if not failure.unless}
    others = {f"{kebab(name)}-new-version-errors" for name in CONTEXT.functions}
    assert set(notifiers(full)) == known | others | {"unhealthy"}


def documented() -> dict[str, set[str]]:
    """The page's table: what fails, and the alarms that see it."""
    text = (FOLDER / "observability.md").read_text()
    rows = re.findall(r"^\| ([^|`]+) \| [^|]+ \| ([^|]+) \| [^|]+ \|$", text, re.MULTILINE)
    return {what: set(re.findall(r"`([^`]+)`", alarms)) for what, alarms in rows if "`" in alarms}


def test_the_page_names_the_alarm_of_each_failure() -> None:
    """A kind of failure that is dropped here, or there, is noticed."""
    said = documented()
    assert list(said) == list(FAILURES)
    for what, failure in FAILURES.items():
        forms = [re.sub(r"<\w+>", "[a-z-]+", name) for name in said[what]]
        assert all(any(re.fullmatch(form, name) for form in forms) for name in failure.alarms), what
