"""The plan of a stack: its settings, the resources of its program, and the stages of a list."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from bounded_context.adapters.items import LIST_SHARD, STATUS_SHARD
from bounded_context.application.importing import ROWS_RECORDED
from bounded_context.declaration.context import Context
from bounded_context.domain.lists import record_units, rows_a_part
from bounded_context_cli.programs.recording import Graph
from bounded_context_cli.views.cost import assumed
from bounded_context_cli.views.cost.flow import RELAY, Flow, Row, index_bytes, units
from bounded_context_cli.views.cost.functions import environment_variable
from bounded_context_cli.views.cost.per_million import UNITS
from bounded_context_infra.configuration.schema import declared
from bounded_context_infra.configuration.settings import Settings

from .simulation import EXECUTIONS, SCALING, Plan, Quota, Rate, Stage, quotas, seconds

REGISTRATION: Final = "registration"
VALIDATION: Final = "validation"
VERIFICATION: Final = "verification"
IMPORT: Final = "import"
EVENTS: Final = "events"
RECORD: Final = "record"
"""The name of the rate of writes of a list's record."""
STAGES: Final = (REGISTRATION, VALIDATION, VERIFICATION, IMPORT, EVENTS)


@dataclass(frozen=True)
class ListStages:
    """The stages of a list without its events.

    Args:
        flow: the list's rows, and the resources of the stack.
        settings: the settings of the stack.
        part_rows: the rows of a part.
        written: the units of each limit that the write of a row uses.
    """

    flow: Flow
    settings: Settings
    part_rows: int
    written: Mapping[str, float]

    def __iter__(self) -> Iterator[Stage]:
        machine = self.flow.machine
        yield self._call(
            REGISTRATION,
            "register_list",
            call=seconds().delivery + assumed().call_seconds,
            of_call={"starts": 1.0, "transitions": machine.transitions},
        )
        yield from self._ranges() if self.flow.ranges > 1 else self._one_validation()
        yield from self._parts() if self._has_verified_parts else self._one_verification()
        yield self._map(
            IMPORT,
            "import_list",
            part=self._object,
            row=1 / assumed().written_a_second,
            of_row={**self.written, RECORD: self._recorded},
        )

    @property
    def _recorded(self) -> float:
        """The units of the list's record for a row: two writes of each part, and a write after some rows of it."""
        after = 1 / ROWS_RECORDED if self.part_rows > ROWS_RECORDED else 0
        return record_units(self.flow.rows / self.part_rows) * (2 / self.part_rows + after)

    @property
    def _has_verified_parts(self) -> bool:
        return bool(self.flow.verified_parts) and self.flow.rows > self.part_rows

    def _one_validation(self) -> Iterator[Stage]:
        yield self._call(VALIDATION, "validate_list", part=self._object, row=1 / assumed().validated_a_second)

    def _ranges(self) -> Iterator[Stage]:
        """Yield the validation of a large file: a call divides it, children validate ranges, a call joins results."""
        size, own = self.flow.row.file_bytes, 1 + assumed().range_objects
        rows = max(1, assumed().range_bytes // size)
        yield self._call(
            VALIDATION, "validate_list", "plan", call=3 * self._object, row=size / assumed().planned_bytes_a_second
        )
        yield self._map(
            VALIDATION,
            "validate_list",
            "ranges",
            item_rows=rows,
            call=own * self._object,
            part=self._object,
            row=1 / assumed().validated_a_second,
        )
        # The results are read twice, several at a time. The digests of the ranges are opened one after another.
        read = self._object * (1 + 2 / assumed().objects_at_once) / rows
        yield self._call(
            VALIDATION, "validate_list", "join", call=2 * self._object, row=read + 1 / assumed().merged_a_second
        )

    def _one_verification(self) -> Iterator[Stage]:
        yield self._call(VERIFICATION, self._verification, part=self._object, **self._lookups)

    def _parts(self) -> Iterator[Stage]:
        """Yield the verification of several parts: a call answers `SPLIT`, children verify parts, a call decides."""
        yield self._call(VERIFICATION, self._verification, "split", call=self._object)
        # A child reads its part, and writes its result.
        yield self._map(VERIFICATION, self._verification, "parts", part=2 * self._object, **self._lookups)
        yield self._call(
            VERIFICATION,
            self._verification,
            "decision",
            call=2 * self._object,
            part=self._object / assumed().objects_at_once,
        )

    @property
    def _verification(self) -> str:
        return self.flow.context.verification_step

    @property
    def _object(self) -> float:
        return seconds().object

    @cached_property
    def _lookups(self) -> Mapping[str, Any]:
        checks = self.flow.checks
        return {"row": checks / assumed().read_a_second, "of_row": {"reads": checks * assumed().lookup_units}}

    def _map(self, name: str, function: str, phase: str = "", **numbers: Any) -> Stage:
        machine, arn = self.flow.machine, self.flow.function(function).arn
        child = {"starts": 1.0, "transitions": machine.transitions_a_child(arn)}
        return self._call(name, function, phase, lanes=machine.lanes(arn), of_call=child, **numbers)

    def _call(self, name: str, function: str, phase: str = "", **numbers: Any) -> Stage:
        return Stage(
            name,
            phase=phase,
            reserved=self.settings.reserved_concurrency.get(function),
            longest=float(self.flow.function(function).inputs["timeout"]),
            **numbers,
        )


RELAYED: Final = "relay"
"""The name of the rate of changes that all batches of the relay publish."""

_QUEUE: Final = 10
"""Batches of the inbox queue that Lambda delivers concurrently."""

_OTHERS: Final = 2
"""Further concurrent executions: a command or a step, and a scheduled function or the reader of lists' records."""


@dataclass(frozen=True)
class Model:
    """The capacity of a stack. `region` is the region of its quotas."""

    context: Context[Any]
    settings: Settings
    graph: Graph
    region: str

    @cached_property
    def quotas(self) -> Mapping[str, Quota]:
        """The quotas of the region."""
        return quotas(self.region)

    @cached_property
    def row(self) -> Row:
        """A sample row."""
        return Row(self.context)

    @cached_property
    def _flow(self) -> Flow:
        return Flow(self.context, self.graph, 1)

    @property
    def max_list_bytes(self) -> int:
        """The size of the largest accepted list."""
        return int(environment_variable(self._flow.function("validate_list"), "MAX_LIST_BYTES"))

    def lists(self, rows: int) -> int:
        """Return the least number of lists for some rows that the stack accepts."""
        return math.ceil(rows * self.row.file_bytes / self.max_list_bytes)

    def plan(self, rows: int, lists: int, *, new: bool = False) -> Plan:
        """Return the plan of some rows in lists of equal size, for a table that has had this load or a `new` table."""
        own, flow, relay = math.ceil(rows / lists), self._flow, self._relay_lanes(lists, new=new)
        part_rows = rows_a_part(self.settings.part_rows, own * self.row.file_bytes, self.context.rows.smallest_row)
        return Plan(
            rows=rows,
            lists=lists,
            part_rows=part_rows,
            stages=tuple(ListStages(replace(flow, rows=own), self.settings, part_rows, self._writes)),
            events=Stage(
                EVENTS,
                call=seconds().delivery,
                # A change waits for a poll of its shard, and for the batch.
                part=1 / assumed().polls_a_second + self._batch_seconds,
                of_row={RELAYED: 1, "messages": len(flow.created)},
            ),
            rates={**self._rates(new=new), RELAYED: Rate(relay * flow.most_batch / self._batch_seconds)},
            executions=max(1, int(self.quotas[EXECUTIONS].value) - relay - self._reserved_by_others),
            cold_start=seconds().cold_start,
        )

    @cached_property
    def _writes(self) -> Mapping[str, float]:
        used_units = {"writes": float(UNITS * units(self.row.item_bytes))}
        for index, size in index_bytes(self._flow.table, self.row.item):
            used_units |= {f"writes of {index}": units(size), f"keys of {index}": units(size)}
        return {name: used for name, used in used_units.items() if name in self._rates(new=False)}

    def _rates(self, *, new: bool) -> Mapping[str, Rate]:
        aws_quotas = self.quotas
        writes, reads = self._table_rate("writes", new=new), self._table_rate("reads", new=new)
        rates = {name: aws_quotas[name].rate for name in (SCALING, "starts", "transitions", "messages")}
        rates |= {"writes": writes, "reads": reads, RECORD: Rate(aws_quotas["partition_writes"].value, each_list=True)}
        for index, key in self._index_keys.items():
            rates[f"writes of {index}"] = writes
            # The keys of other indexes are values of the rows.
            if key in (LIST_SHARD, STATUS_SHARD):
                most = self.context.index_shards * aws_quotas["partition_writes"].value
                rates[f"keys of {index}"] = Rate(most, each_list=key == LIST_SHARD)
        return rates

    @property
    def _index_keys(self) -> Mapping[str, str]:
        indexes = self._flow.table.inputs.get("globalSecondaryIndexes") or ()
        return {index["name"]: index["keySchemas"][0]["attributeName"] for index in indexes}

    @property
    def list_keys(self) -> Mapping[str, int]:
        """The number of a list's keys in each index of lists."""
        return {index: self.context.index_shards for index, key in self._index_keys.items() if key == LIST_SHARD}

    def _table_rate(self, name: str, *, new: bool) -> Rate:
        quota = self.quotas[name].value
        if not new:
            return Rate(quota)
        return Rate(self.quotas[f"new_{name}"].value, doubling=self.quotas["doubling"].value, most=quota)

    @property
    def _batch_seconds(self) -> float:
        return self._flow.publishes_of(self._flow.most_batch) * assumed().publish_seconds

    def written_a_second(self, lists: int) -> float:
        """Return the rows a second that the imports of some lists write: by their children, keys and the table."""
        rates, lanes = self._rates(new=False), self._flow.machine.at_once
        keys = [rates[name].a_second / used for name, used in self._writes.items() if rates[name].each_list]
        own = min([lanes * assumed().written_a_second, *keys])
        return min(lists * own, self.quotas["writes"].value)

    def partitions(self, lists: int, *, new: bool) -> int:
        """Return the partitions of the table: of a new table, or of a table that has had the writes of the given lists.

        A table on demand accepts twice its previous peak at once.
        """
        needed = math.ceil(2 * self.written_a_second(lists) / self.quotas["partition_writes"].value)
        return assumed().shards if new else max(assumed().shards, needed)

    def _relay_lanes(self, lists: int, *, new: bool) -> int:
        """Return the concurrent batches of the relay: a shard for each partition; at most half of the executions."""
        lanes = self.partitions(lists, new=new) * self.settings.stream_parallelization_factor
        most = self.settings.reserved_concurrency.get(RELAY) or int(self.quotas[EXECUTIONS].value) // 2
        return min(lanes, most)

    def executions(self, lists: int, *, new: bool) -> int:
        """Return the concurrent executions of the stack while it imports lists."""
        return executions(self.settings, self.partitions(lists, new=new), lists)

    @property
    def least_relay(self) -> int:
        """The concurrent executions of the relay that publish as many messages as SNS accepts."""
        published = len(self._flow.created) * self._flow.most_batch / self._batch_seconds
        return math.ceil(self.quotas["messages"].value / published)

    @property
    def _reserved_by_others(self) -> int:
        return sum(number for name, number in self.settings.reserved_concurrency.items() if name != RELAY)

    def describe(self, limit: str) -> str:
        """Return a limit in words: a quota, or a setting with its value."""
        name, index = quota_of(limit), limit.partition(" of ")[2]
        if limit == RELAYED:
            return f"the setting stream_parallelization_factor ({self.settings.stream_parallelization_factor})"
        if limit == RECORD:
            return "DynamoDB: the record of a list, a key with 1,000 write units a second"
        if name == "keys":
            keys = f"{self.context.index_shards} keys (index_shards) of {index}"
            return f"DynamoDB: {keys} with 1,000 write units a second each"
        return f"{self.quotas[name]}{f' ({index})' if index else ''}"

    def quota(self, limit: str) -> Quota | None:
        """Return the quota of a limit that AWS raises, or None."""
        quota_of_limit = self.quotas.get(quota_of(limit))
        return quota_of_limit if quota_of_limit and quota_of_limit.asked else None


def executions(settings: Settings, shards: int, lists: int = 1) -> int:
    """Return the concurrent executions of a stack while it imports lists into a table with these shards.

    Lambda runs a batch of the relay for each shard and unit of the parallelization factor (Lambda developer guide,
    "Polling and batching streams"). A reservation counts as a whole.
    """
    relay = {RELAY: shards * settings.stream_parallelization_factor}
    queue = {"on_event": _QUEUE} if settings.consumes else {}
    children = lists * max(settings.import_concurrency, settings.verification_concurrency or 0)
    used = {**relay, **queue, "import_list": children, **settings.reserved_concurrency}
    return sum(used.values()) + _OTHERS


def most_of(setting: str) -> int:
    """Return the maximum of a setting that is a number."""
    return next(option.schema["maximum"] for option in declared(Settings) if option.name == setting)


def with_lanes(plan: Plan, lanes: int) -> Plan:
    """Return the plan with another number of concurrent children of the import, and of maps with the same number."""
    now = plan.phases(IMPORT)[0].lanes
    changed = {now: lanes, None: None}
    stages = tuple(replace(stage, lanes=changed.get(stage.lanes, stage.lanes)) for stage in plan.stages)
    return replace(plan, stages=stages)


def with_rate(plan: Plan, limit: str, times: float) -> Plan:
    """Return the plan with a rate so many times as high. A quota of tables and indexes raises the rates of both."""
    raised = {
        name: replace(rate, a_second=rate.a_second * times, most=rate.most * times)
        for name, rate in plan.rates.items()
        if quota_of(name) == quota_of(limit)
    }
    return replace(plan, rates={**plan.rates, **(raised if limit == quota_of(limit) else {limit: raised[limit]})})


def quota_of(limit: str) -> str:
    """Return the name of a limit's quota. The limit of an index has the name of its index too."""
    return limit.partition(" of ")[0]
