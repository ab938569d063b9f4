"""The stages of a list: calls one after another, and the children of maps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from bounded_context.application.importing import ROWS_RECORDED
from bounded_context.domain.lists import record_units
from bounded_context_cli.views.cost.flow import Flow
from bounded_context_cli.views.cost.prices import assumed
from bounded_context_infra.configuration.settings import Settings

from .plan import Stage
from .quotas import seconds

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
