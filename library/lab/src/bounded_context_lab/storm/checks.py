"""Comparison of the accepted work with the table, the subscribers' events, the list records and the dead letters."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bounded_context.domain.events import order_key
from bounded_context_local.actors.subscriber import Event
from bounded_context_local.running.context import RunningContext

from .load import Load, Schedules

INBOUND: Final = "inbound"
"""The dead-letter queue of other contexts' events."""

MEASURING: Final = "measure_lists"
"""The function that measures lists."""

IMPORTED, REJECTED, FAILED = "IMPORTED", "REJECTED", "FAILED"

Events = Mapping[str, list[Event]]
"""The events of each subject, in the order of their reception."""


class Checks:
    """The state of a load's work. Only events that are received after the creation of the checks count."""

    def __init__(self, running: RunningContext, load: Load, schedules: Schedules) -> None:
        self._running, self._load, self._schedules = running, load, schedules
        self._context = running.context
        self._offsets = {subscriber.name: len(subscriber.received) for subscriber in running.subscribers}

    def is_done(self) -> bool:
        """Return whether all accepted work is done."""
        return next(self._problems(), None) is None

    def missing(self) -> list[str]:
        """Return a text for each part of the accepted work that is not done."""
        return list(self._problems())

    def _problems(self) -> Iterator[str]:
        """Yield the parts that are not done. The checks that read the whole table are last."""
        for call, failure in sorted(self._load.accepted.unanswered.items()):
            yield f"{call} is not answered: {failure}"
        yield from (f"{function} does not run" for function in sorted(self._schedules.failing))
        yield from self._events(self._of_aggregates())
        yield from self._subjects()
        yield from (f"{name} has dead letters" for name in self.dead_letters())
        if self._load.bad_event and not self._waiting(self._queues[INBOUND]):
            yield "the malformed event is not a dead letter"
        yield from self._aggregates()
        yield from self._lists()

    def duplicates(self) -> list[str]:
        """Return a text for each repetition that a subscriber cannot recognise, and each effect that occurred twice."""
        findings = [f"{call} was answered in two ways" for call in self._load.accepted.different]
        for name, by_subject in self._received():
            for subject, events in by_subject.items():
                ids = {(event["type"], event.get("sequence")): set[str]() for event in events}
                for event in events:
                    ids[event["type"], event.get("sequence")].add(event["id"])
                findings += [
                    f"{name}: {subject} has {len(event_ids)} ids of one change"
                    for event_ids in ids.values()
                    if len(event_ids) > 1
                ]
            for subject, types in self._load.accepted.types.items():
                distinct = {event["id"] for event in by_subject.get(subject, ())}
                if len(distinct) > len(types):
                    findings.append(f"{name}: {subject} changed {len(distinct)} times, not {len(types)} times")
        return findings

    def failed_lists(self) -> list[str]:
        """Return the names of the files whose lists have all failed."""
        statuses: dict[str, set[str]] = defaultdict(set)
        for record in self._running.table.lists():
            statuses[_file(record)].add(str(record["status"]))
        return [name for name in self._load.contents if statuses[name] == {FAILED}]

    def needs_a_person(self) -> bool:
        """Return whether work stopped that no retry continues: a failed list, a failed execution, or a dead letter."""
        return bool(self.dead_letters() or self.failed_lists() or self._failed_executions())

    def _failed_executions(self) -> bool:
        arns = (arn for upload in self._load.uploads for arn in self._running.partner.executions_of(upload.path))
        call = self._running.aws.call
        statuses = [call("stepfunctions", "describe_execution", executionArn=arn)["status"] for arn in arns]
        return "FAILED" in statuses

    def dead_letters(self) -> list[str]:
        """Return the names of the dead-letter queues with messages that can be sent again.

        A malformed event of the load belongs in its queue.
        """
        malformed = {INBOUND: 1} if self._load.bad_event else {}
        return [name for name, url in self._queues.items() if self._waiting(url) > malformed.get(name, 0)]

    def purge(self) -> None:
        """Empty the dead-letter queues, so the next fault starts without messages of this fault."""
        for url in self._queues.values():
            if self._waiting(url):
                self._running.aws.call("sqs", "purge_queue", QueueUrl=url)

    @property
    def _queues(self) -> Mapping[str, str]:
        return self._running.outputs["dead_letter_queues"]

    def _waiting(self, url: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self._running.aws.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

    def _lists(self) -> Iterator[str]:
        records = [record for record in self._running.table.lists() if _file(record) in self._load.contents]
        for name, identities in self._load.accepted.lists.items():
            expected = IMPORTED if identities else REJECTED
            statuses = [str(record["status"]) for record in records if _file(record) == name]
            if statuses.count(expected) != 1:
                yield f"{name} is {', '.join(statuses) or 'not recorded'}, not {expected}"
        measured = self._measured({str(record["list_id"]) for record in records})
        yield from (f"{record['key']} is not measured" for record in records if record["list_id"] not in measured)
        own = dict(zip((IMPORTED, REJECTED), self._context.list_events, strict=True))
        closed = {str(record["list_id"]): str(record["status"]) for record in records}
        yield from self._events({list_id: [own[status]] for list_id, status in closed.items() if status in own})

    def _measured(self, lists: set[str]) -> set[str]:
        """Return the lists whose end is logged."""
        measured_lists = self._logged()
        if lists <= measured_lists:
            return measured_lists
        self._running.read_late_lines(MEASURING)
        return self._logged()

    def _logged(self) -> set[str]:
        lines = list(self._running.watch.logs.lines)
        return {str(line.fields["list_id"]) for line in lines if line.message == "list closed"}

    def _subjects(self) -> Iterator[str]:
        for name, expected in self._load.accepted.subjects.items():
            aggregate, _, subject = name.partition(" ")
            item = self._running.table.projected(aggregate, subject)
            if item is None or item["status"] != expected:
                yield f"{subject} is {item and item['status']}, not {expected}"

    def _aggregates(self) -> Iterator[str]:
        context = self._context
        for identity, types in list(self._load.accepted.types.items()):
            item = self._running.table.item_of(identity)
            status = item and context.event_by_status[item["status"]]
            if (status or context.deletion_event) != types[-1]:
                yield f"{identity} is {status}, not {types[-1]}"
        for identities in self._load.accepted.lists.values():
            absent = [identity for identity in identities if self._running.table.item_of(identity) is None]
            yield from (f"{identity} is not in the table" for identity in absent)

    def _events(self, expected: Mapping[str, list[str]]) -> Iterator[str]:
        """Yield the expected events, by subject, that a subscriber lacks, and subjects with another newest event."""
        for name, by_subject in self._received():
            for subject, types in expected.items():
                events = by_subject.get(subject, [])
                absent = set(types) - {event["type"] for event in events}
                yield from (f"{name} has no {event_type} of {subject}" for event_type in sorted(absent))
                if not absent and _newest(events)["type"] != types[-1]:
                    yield f"{name}: the newest event of {subject} is not {types[-1]}"

    def _of_aggregates(self) -> dict[str, list[str]]:
        """Return the expected event types of each aggregate, in their order."""
        created = self._context.event_by_status[self._context.initial_status]
        of_rows = {identity: [created] for rows in self._load.accepted.lists.values() for identity in rows}
        return of_rows | {identity: list(types) for identity, types in list(self._load.accepted.types.items())}

    def _received(self) -> Iterator[tuple[str, Events]]:
        for subscriber in self._running.subscribers:
            by_subject: dict[str, list[Event]] = defaultdict(list)
            for reception in list(subscriber.received)[self._offsets[subscriber.name] :]:
                by_subject[reception.event["subject"]].append(reception.event)
            yield subscriber.name, by_subject


def _file(record: Mapping[str, Any]) -> str:
    """Return the name of a list's file."""
    return str(record["key"]).rpartition("/")[2]


def _newest(events: list[Event]) -> Event:
    """Return the newest event of a subject. Events about a list have no sequence."""
    return max(events, key=lambda event: order_key(event["id"], event.get("sequence") or "0", None))
