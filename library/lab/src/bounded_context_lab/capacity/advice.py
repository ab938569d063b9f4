"""The answer to a question of capacity: times, refusals, throttling, the bottleneck and the recommended change."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import Any, Final

from bounded_context.application.calls import LONGEST_CALL, LONGEST_RESERVE
from bounded_context.application.exports import MOST_PARTS, PART_BYTES
from bounded_context_cli.views.cost import assumed
from bounded_context_cli.views.cost.cli import MILLION, lines
from bounded_context_cli.views.cost.flow import Flow
from bounded_context_cli.views.cost.per_million import lists

from .model import EVENTS, IMPORT, RELAYED, VERIFICATION, Model, most_of, quota_of, with_lanes, with_rate
from .simulation import EXECUTIONS, Outcome, Plan, Stage, log10_overload, simulate

_WORTH: Final = 0.05
"""A change is recommended if it saves this share of the time. A larger value must save as much again."""

_UNLIMITED: Final = 1e9
_LISTS: Final = "--lists"


@dataclass(frozen=True)
class Throttle:
    """A limit that delays a list.

    Attributes:
        limit: its name.
        words: the limit in words.
        seconds: the delay of the last event.
        row_seconds: the delay of the last row. Its event may be delayed less, if another limit delays events more.
        needed: the units a second that the lists use without the limit.
        asked: the name of its quota; empty if AWS does not raise it.
        each_list: whether each list has a limit of its own.
    """

    limit: str
    words: str
    seconds: float
    row_seconds: float
    needed: float
    asked: str
    each_list: bool = False

    @property
    def delay(self) -> float:
        """The delay of the last row or of the last event, in seconds."""
        return max(self.seconds, self.row_seconds)

    def as_json(self) -> dict[str, Any]:
        """Return the limit for `context capacity --json`."""
        needed = {"raise": self.asked, "needed": math.ceil(self.needed)} if self.asked else {}
        return {"limit": self.words, "seconds": round(self.delay)} | needed

    @property
    def remedy(self) -> str:
        """The quota to raise, in words."""
        if self.asked:
            return f"raise the quota {self.asked!r} to {math.ceil(self.needed):,}"
        return f"AWS does not raise it{', and each list has its own: send more lists' if self.each_list else ''}"


@dataclass(frozen=True)
class Change:
    """A change of a setting, a quota or the number of lists, and the seconds that it saves."""

    words: str
    seconds: float


@dataclass(frozen=True)
class Answer:
    """The import of some rows in lists of equal size, which arrive at the same time."""

    model: Model
    rows: int
    lists: int

    @cached_property
    def plan(self) -> Plan:
        """The plan for a table that has had this load."""
        return self.model.plan(self.rows, self.lists)

    @cached_property
    def warm(self) -> Outcome:
        """The outcome for a table that has had this load."""
        return simulate(self.plan)

    @cached_property
    def new(self) -> Outcome:
        """The outcome for a new table."""
        return simulate(self.model.plan(self.rows, self.lists, new=True))

    @property
    def export_seconds(self) -> float:
        """The time until all files of all exports with these rows are complete, if their schedules are the same.

        A call writes the files one after another. The next call of the schedule continues what a call leaves.
        """
        files = sum(len(export.partners) for export in self.model.context.exports)
        seconds = files * self.rows / assumed().exported_a_second
        full, rest = divmod(seconds, LONGEST_CALL - LONGEST_RESERVE)
        return full * LONGEST_CALL + rest

    @cached_property
    def flow(self) -> Flow:
        """The rows through the resources of the stack."""
        return Flow(self.model.context, self.model.graph, self.rows, self.lists)

    @property
    def archive_seconds(self) -> float:
        """The time until the last event is in the stream of an archive, to which SNS sends each event by a call."""
        calls, most = (self.model.quotas[name].value for name in ("archived", "archived_bytes"))
        return self.rows * len(self.flow.created) / min(calls, most / self.model.row.event_bytes)

    @property
    def usd(self) -> float:
        """The cost of the rows."""
        return sum(line.usd for line in lines(MILLION, lists(self.flow)))

    @cached_property
    def refusals(self) -> Sequence[str]:
        """A sentence for each limit that a list exceeds: the import does not succeed."""
        return [*self._too_large(), *self._too_long(), *self._too_many(), *self._waiting(self._retention, math.inf)]

    @cached_property
    def warnings(self) -> Sequence[str]:
        """A sentence if a fault of some hours would lose events, or for a file that S3 does not accept."""
        return [*self._waiting(self._retention / 4, self._retention), *self._too_many_parts(), *self._too_throttled()]

    def _too_throttled(self) -> Iterator[str]:
        if self.flow.archives and self.archive_seconds > self.model.quotas["repeated"].value:
            hours = f"{self.archive_seconds / 3600:,.0f} h"
            yield f"An archive takes its events for {hours}, and SNS repeats them for six: send the lists later."

    def _too_many_parts(self) -> Iterator[str]:
        parts = math.ceil(self.rows * self.model.row.file_bytes / PART_BYTES)
        if self.model.context.exports and parts > MOST_PARTS:
            yield f"An exported file has {parts:,} parts, and S3 accepts {MOST_PARTS:,}: export only changed rows."

    def _too_large(self) -> Iterator[str]:
        size, most = self.rows / self.lists * self.model.row.file_bytes, self.model.max_list_bytes
        if size > most:
            yield (
                f"A list of {size / 2**20:,.0f} MB is refused, since max_list_mb is {most / 2**20:,.0f}: "
                f"send {self.model.lists(self.rows)} lists."
            )

    def _too_long(self) -> Iterator[str]:
        for stage in self.plan.stages:
            if (seconds := self.warm.longest[stage.title]) > stage.longest:
                remedies = [f"{throttle.remedy}, or send the lists later" for throttle in self._throttles_of(stage)]
                yield (
                    f"A call of the {stage.title} takes {seconds:,.0f} s, and Lambda stops it after "
                    f"{stage.longest:,.0f} s: {next(iter(remedies), 'send more lists')}."
                )

    @property
    def _retention(self) -> float:
        return self.model.quotas["retention"].value

    def _waiting(self, least: float, most: float) -> Iterator[str]:
        if least < self.warm.oldest <= most:
            remedies = [
                f"{throttle.remedy}, or send the lists later" for throttle in self._throttles_of(self.plan.events)
            ]
            yield (
                f"A change waits {self.warm.oldest / 3600:,.1f} h for its event, and the table's stream stores it for "
                f"{self._retention / 3600:.0f} h: {next(iter(remedies), 'send the lists later')}."
            )

    def _too_many(self) -> Iterator[str]:
        if self.lists > (quota := self.model.quotas["maps"]).value:
            yield f"{self.lists:,} lists exceed a quota ({quota}), which AWS does not raise: send fewer lists."

    @cached_property
    def throttles(self) -> Sequence[Throttle]:
        """The limits that delay the last row or the last event, the greatest delay first."""
        waited = sorted({self._adjustable(name) for name in self.warm.waits if name in self.plan.rates})
        limits = [self._throttle(name, simulate(with_rate(self.plan, name, _UNLIMITED))) for name in waited]
        if EXECUTIONS in self.warm.waits:
            limits.append(self._throttle(EXECUTIONS, simulate(replace(self.plan, executions=self._calls))))
        return sorted((throttle for throttle in limits if throttle.delay >= 1), key=lambda throttle: -throttle.delay)

    def _adjustable(self, limit: str) -> str:
        """Return the name under which AWS raises a limit: the quota of a table is also the quota of its indexes."""
        return quota_of(limit) if self.model.quota(limit) else limit

    def _throttle(self, limit: str, without: Outcome) -> Throttle:
        quota, rate = self.model.quota(limit), self.plan.rates.get(limit)
        used = (units for name, units in without.used.items() if self._adjustable(name) == limit)
        return Throttle(
            limit,
            self.model.describe(limit),
            seconds=self.warm.total - without.total,
            row_seconds=self.warm.imported - without.imported,
            needed=self._executions if limit == EXECUTIONS else max(used, default=0),
            asked=quota.asked if quota else "",
            each_list=rate is not None and rate.each_list,
        )

    @property
    def _calls(self) -> int:
        """The calls of all lists at the same time, if nothing limits them."""
        return self.lists * max(stage.lanes or 1 for stage in self.plan.stages)

    @property
    def _executions(self) -> float:
        """The executions of the given calls, of the relay, and of the functions with reserved executions."""
        return self._calls + self.model.quotas[EXECUTIONS].value - self.plan.executions

    @property
    def bottleneck(self) -> tuple[str, str]:
        """The stage that takes the longest, and its limit in words."""
        stage = self._slowest
        most = self.warm.stages[stage.name] * _WORTH
        own = (throttle.words for throttle in self._throttles_of(stage) if throttle.delay > most)
        return stage.name, next(own, self._limit_of(stage))

    @property
    def _slowest(self) -> Stage:
        """The longest phase of the stage that takes the longest."""
        name, seconds = max(self.warm.stages.items(), key=lambda stage: stage[1])
        return max(self.plan.phases(name), key=lambda stage: self.warm.phases.get(stage.title, seconds))

    def _throttles_of(self, stage: Stage) -> list[Throttle]:
        return [
            throttle for throttle in self.throttles if throttle.limit in {*stage.of_row, *stage.of_call, EXECUTIONS}
        ]

    def _limit_of(self, stage: Stage) -> str:
        if stage.name == EVENTS:
            return self.model.describe(RELAYED)
        if stage.lanes is None:
            return "one call for all parts of a list"
        own = stage.name == VERIFICATION and self.model.settings.verification_concurrency
        return f"the setting {'verification' if own else 'import'}_concurrency ({stage.lanes})"

    @cached_property
    def change(self) -> Change | None:
        """The change that saves the most time, or None if no change saves enough.

        Without such a change, a setting is changed together with all quotas that AWS raises.
        """
        raised = reduce(lambda plan, throttle: with_rate(plan, throttle.limit, _UNLIMITED), self._raisable, self.plan)
        quotas = (Change(throttle.remedy, throttle.seconds) for throttle in self._raisable)
        return self._best([*quotas, *self._settings(self.plan)]) or self._best(
            Change(f"{setting.words}, and higher quotas", setting.seconds) for setting in self._settings(raised)
        )

    def _best(self, changes: Iterable[Change]) -> Change | None:
        enough = (change for change in changes if change.seconds >= self.warm.total * _WORTH)
        return max(enough, key=lambda change: change.seconds, default=None)

    @property
    def _raisable(self) -> list[Throttle]:
        return [throttle for throttle in self.throttles if throttle.asked and throttle.limit in self.plan.rates]

    def _settings(self, plan: Plan) -> Iterator[Change]:
        lanes, factor = plan.phases(IMPORT)[0].lanes, self.model.settings.stream_parallelization_factor
        relayed = lambda plan, value: with_rate(plan, RELAYED, value / factor)  # noqa: E731
        split = lambda plan, value: replace(plan, lists=value)  # noqa: E731
        if lanes:
            yield self._doubled(plan, "import_concurrency", lanes, with_lanes)
        yield self._doubled(plan, "stream_parallelization_factor", factor, relayed)
        if self._slowest.lanes is None or any(throttle.each_list for throttle in self.throttles):
            yield self._doubled(plan, _LISTS, self.lists, split)

    def _doubled(self, plan: Plan, name: str, now: int, changed: Callable[[Plan, int], Plan]) -> Change:
        """Return the change of a plan to the largest value whose doubling saves enough."""
        value, total = now, simulate(plan).total
        most = int(self.model.quotas["maps"].value) if name == _LISTS else most_of(name)
        while value < most:
            seconds = simulate(changed(plan, min(2 * value, most))).total
            if total - seconds < total * _WORTH:
                break
            value, total = min(2 * value, most), seconds
        return Change(f"{name} {now} to {value}", self.warm.total - total if value > now else 0)

    @property
    def hot_keys(self) -> Mapping[str, float]:
        """The decimal logarithm of a bound: a partition exceeds its writes in any second of the import."""
        most = self.model.quotas["partition_writes"].value
        table, own = self.model.partitions(self.lists, new=False), self.model.written_a_second(1)
        all_lists = self.model.written_a_second(self.lists)
        return {
            "the table": log10_overload(self.rows, all_lists, table, most),
            **{index: log10_overload(self.rows, own, keys, most) for index, keys in self.model.list_keys.items()},
        }

    @property
    def in_flight_seconds(self) -> float:
        """The seconds that a subscriber may take for a message, before its queue has too many received messages."""
        return self.model.quotas["in_flight"].value / max(1.0, self.warm.used["messages"])
