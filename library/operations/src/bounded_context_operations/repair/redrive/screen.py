"""Output of a redrive: progress on standard error; results on standard output, as tables or as JSON only."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from rich.table import Column, Table
from rich.text import Text

from ..report import RepairScreen
from .outputs import Survey
from .run import Inspection, RedriveReport

SENTENCES = 10
"""The maximum of displayed reasons; `--json` has all reasons."""

LONGEST = 60
"""The maximum of displayed characters of an id, a type or a subject."""


class RedriveScreen(RepairScreen):
    """The screen of a redrive."""

    def show_survey(self, survey: Survey) -> None:
        """Print the counts of all queues."""
        if self._wrote(survey.as_json()):
            return
        table = Table(_column("queue"), "messages", "in flight", "oldest", title=survey.stack, title_justify="left")
        for count in survey.counts:
            age = "" if count.oldest is None else _age(count.oldest)
            table.add_row(count.name, str(count.messages), str(count.in_flight), age)
        self._out.print(table)
        if survey.unknown:
            self._print(f"Uploads whose event was lost could not be counted: {survey.unknown}")
        if survey.exit_status:
            self._print(f"To inspect a queue: uv run context redrive {survey.stack} QUEUE")

    def show_inspection(self, inspection: Inspection, names: Mapping[str, str], command: str) -> None:
        """Print the messages of a queue and the plan; `command` executes the plan."""
        if self._wrote({**names, **inspection.as_json()}):
            return
        place, first = " / ".join(names.values()), "the first " if inspection.more else ""
        self._print(f"{place}: {first}{_messages(inspection.inspected)} inspected, {inspection.chosen} chosen.")
        if inspection.more:
            self._print(f"There are about {inspection.not_seen} more.")
        if inspection.chosen:
            self._out.print(_groups(inspection), _samples(inspection), sep="\n")
        self._print_reasons(inspection.not_redrivable, "Would be left")
        self._print_not_seen(0 if inspection.more else inspection.not_seen)
        self._print_hidden(inspection.still_hidden)
        if inspection.redrivable:
            self._print(f"{_messages(inspection.redrivable)} would be redriven: {inspection.action}.")
            self._print(f"Nothing was changed. To do it: {command}")
        else:
            self._print("Nothing was changed, and nothing is to be redriven.")

    def show_report(self, report: RedriveReport, names: Mapping[str, str]) -> None:
        """Print the result of a redrive."""
        if self._wrote({**names, **report.as_json()}):
            return
        place = " / ".join(names.values())
        self._print(f"{place}: {report.result}. {_messages(report.redriven)} redriven: {report.action}.")
        self._print_reasons(report.failed, "Failed and left")
        self._print_reasons(report.not_redrivable, "Left")
        if report.came_later:
            self._print(f"Sent after the start and left, {_messages(report.came_later)}: the cause may still exist.")
        self._print_not_seen(report.not_seen)
        if report.discarded:
            self._print(f"{_messages(len(report.discarded))} given up:")
            self._out.print_json(data=report.discarded)
        for message_id, why in report.not_deleted.items():
            self._print(f"{message_id} was handled but not deleted, and may arrive twice: {why}")
        self._print_hidden(report.still_hidden)
        if report.stopped:
            self.fail(report.stopped)

    def _print_reasons(self, counts: Counter[str], outcome: str) -> None:
        for why, messages in counts.most_common(SENTENCES):
            self._print(f"{outcome}, {_messages(messages)}: {why}")
        if len(counts) > SENTENCES:
            self._print(f"{outcome}, for {len(counts) - SENTENCES} more reasons: --json has them all.")

    def _print_not_seen(self, messages: int) -> None:
        if messages:
            self._print(f"Not received, about {_messages(messages)}: another reader has them. Try again in 15 minutes.")

    def _print_hidden(self, messages: int) -> None:
        if messages:
            self._print(f"{_messages(messages)} could not be made visible at once: wait for 15 minutes.")


def _groups(inspection: Inspection) -> Table:
    table = Table("type", "reason", "messages", "first sent (UTC)", "last sent (UTC)", "most receives", "would be")
    for group in inspection.groups:
        times = (_time(group.first_sent), _time(group.last_sent))
        fate = "redriven" if group.redrivable else "left"
        names = (_printable(group.type), _printable(group.reason))
        table.add_row(*names, str(group.messages), *times, str(group.most_receives), fate)
    return table


def _samples(inspection: Inspection) -> Table:
    table = Table(Column("sample", overflow="fold"), "type", "subject", "sent (UTC)", "receives")
    for message, facts in inspection.samples:
        texts = (_printable(facts.id or message.id), _printable(facts.type), _printable(facts.subject))
        table.add_row(*texts, _time(message.sent), str(message.receives))
    return table


def _printable(text: str) -> Text:
    """Return untrusted text of a message without markup and control characters, shortened."""
    plain = "".join(character if character.isprintable() else "?" for character in text)
    return Text(plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…")


def _messages(number: int) -> str:
    return f"{number} message{'' if number == 1 else 's'}"


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}"


def _age(age: timedelta) -> str:
    minutes = int(age.total_seconds()) // 60
    days, hours = minutes // (24 * 60), minutes // 60 % 24
    return f"{days} d {hours} h" if days else f"{hours} h {minutes % 60} min"


def _column(header: str) -> Column:
    return Column(header, no_wrap=True)
