"""Comparison of the accepted work with table, events, list records and dead letters, and the remedies of the runbook.

A person on call follows the section of an alarm literally: its commands, and the steps of persons that it names.
"""

import io
import json
import re
import shlex
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any, Final

from bounded_context.domain.events import order_key
from bounded_context_cli.command.application import run
from bounded_context_cli.programs import Graph
from bounded_context_local import stack_state
from bounded_context_local.actors.subscriber import Event
from bounded_context_local.emulator.clock import ShortMinutes
from bounded_context_local.provider.program import STACK
from bounded_context_local.rehearsal.acts import run_command
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
            # A command that adds a child keeps the status.
            [*_, last] = (event for event in types if event not in context.additions)
            if (status or context.deletion_event) != last:
                yield f"{identity} is {status}, not {last}"
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


def purge(running: RunningContext) -> None:
    """Empty the dead-letter queues."""
    for url in running.outputs["dead_letter_queues"].values():
        running.aws.call("sqs", "purge_queue", QueueUrl=url)


def _file(record: Mapping[str, Any]) -> str:
    """Return the name of a list's file."""
    return str(record["key"]).rpartition("/")[2]


def _newest(events: list[Event]) -> Event:
    """Return the newest event of a subject. Events about a list have no sequence."""
    return max(events, key=lambda event: order_key(event["id"], event.get("sequence") or "0", None))


_DOCS: Final = re.compile(r"Runbook: uv run context (docs runbook (\S+))$")
_BLOCK: Final = re.compile(r"^ *```sh account\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_REDRIVE: Final = "uv run context redrive <stack>"

_ID: Final = "$$.Execution.Id"

_LOCAL_AGE: Final = "2s"
"""The age that replaces `2m`: a local minute lasts a second."""


def section_of(description: str) -> tuple[str, str]:
    """Return the anchor and the text of the runbook's section that an alarm's description names."""
    match = _DOCS.search(description)
    if match is None:
        return "", ""
    printed = io.StringIO()
    with redirect_stdout(printed):
        run(shlex.split(match[1]))
    return match[2], printed.getvalue()


def commands(section: str) -> list[str]:
    """Return the redrives with `--go` in a section's shell blocks, without comments and without a selection."""
    lines = [line.partition("  #")[0].strip() for block in _BLOCK.findall(section) for line in block.splitlines()]
    return [line for line in lines if line.startswith(_REDRIVE) and line.endswith("--go") and "--where" not in line]


class Remedies:
    """A person on call, who follows the sections of the observed alarms."""

    def __init__(self, running: RunningContext, graph: Graph, load: Load, checks: Checks, outputs: Path) -> None:
        self._running, self._load, self._checks = running, load, checks
        self._outputs = outputs
        self._descriptions = {
            alarm.called: alarm.inputs["alarmDescription"] for alarm in graph.of("cloudwatch/metricAlarm")
        }
        outputs.write_text(json.dumps(dict(running.outputs)))
        self._steps: Mapping[str, Callable[[], None]] = {
            "request the file again from the partner": self._request_again,
            "aws stepfunctions redrive-execution": self._redrive_executions,
        }

    def follow(self, alarms: Iterator[str]) -> list[str]:
        """Follow the section of each alarm once, given their names on AWS; return the anchors."""
        sections = dict(section_of(self._descriptions[alarm]) for alarm in alarms)
        for text in sections.values():
            for step, act in self._steps.items():
                if step in " ".join(text.split()):
                    act()
            for command in commands(text):
                self._run(command)
        return sorted(sections)

    def _run(self, command: str) -> None:
        words = command.removeprefix("uv run context ").replace("<stack>", STACK).replace(" 2m ", f" {_LOCAL_AGE} ")
        queues = self._checks.dead_letters() if "<queue>" in words else [""]
        for queue in queues:
            own = shlex.split(words.replace("<queue>", queue))
            with redirect_stderr(io.StringIO()):
                run_command(self._running.aws, [*own, "--outputs", str(self._outputs)], ShortMinutes())

    def _request_again(self) -> None:
        for name in self._checks.failed_lists():
            self._load.upload_again(name)

    def _redrive_executions(self) -> None:
        """Redrive the failed executions whose last state is not `Failed`."""
        for upload in self._load.uploads:
            for arn in self._running.partner.executions_of(upload.path):
                if _is_redrivable(self._running, arn):
                    redrive(self._running, arn)


def _is_redrivable(running: RunningContext, arn: str) -> bool:
    if running.aws.call("stepfunctions", "describe_execution", executionArn=arn)["status"] != "FAILED":
        return False
    return stack_state.entered(running.aws, arn)[-1]["name"] != "Failed"


def redrive(running: RunningContext, arn: str) -> str:
    """Start an execution at the state that another execution entered last, with its input; return its ARN.

    The emulator has no RedriveExecution. AWS continues the execution itself, with its ARN and with all retries of the
    state again (Step Functions developer guide, "Restarting state machine executions with redrive").
    """
    last, machine = stack_state.entered(running.aws, arn)[-1], running.outputs["state_machine"]
    described = running.aws.call("stepfunctions", "describe_state_machine", stateMachineArn=machine)
    definition = json.loads(described["definition"], object_hook=partial(_with_id, arn)) | {"StartAt": last["name"]}
    machine_copy = running.aws.call(
        "stepfunctions",
        "create_state_machine",
        name=f"redriven-{arn.rpartition(':')[2]}",
        definition=json.dumps(definition),
        roleArn=described["roleArn"],
    )
    call = {"stateMachineArn": machine_copy["stateMachineArn"], "input": last["input"]}
    return running.aws.call("stepfunctions", "start_execution", **call)["executionArn"]


def _with_id(arn: str, members: dict[str, Any]) -> dict[str, Any]:
    """Return an object of a definition with an ARN in place of the execution's id."""
    return {name.removesuffix(".$") if of == _ID else name: arn if of == _ID else of for name, of in members.items()}
