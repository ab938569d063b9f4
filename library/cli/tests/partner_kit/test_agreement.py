"""The kit's check and the import agree on every file: the same report, byte by byte, and the same end."""

from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from io import BytesIO
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from payment.context import PAYMENT
from payment.use_cases import register_payment

from bounded_context import BusinessError, Context, NotFound
from bounded_context.application.list_import import Outcome
from bounded_context.application.verification import CreatingRule
from bounded_context.domain.formats import PLAIN, FileFormat, Formats
from bounded_context.domain.lists import ListStatus
from bounded_context_cli.partner_kit.check import BAD_FILE, REJECTS, VALID, Result, Terms, check
from tests.application.world import MAX_BYTES, TOLERATED, World

from .files import FORMATS, KITS, PACKED, PLACED, RENAMED, TYPED, files, named, odd_values

EXAMPLES = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None, derandomize=True)


class _Odd(BusinessError):
    """Refuses every second payment."""

    code = "odd"


def _refuse_every_second(command: Any, payments: Any) -> Any:
    if command.id[-1] in "13579":
        raise _Odd("=an odd number")
    return register_payment(command, payments)


def _ruled(rule: Any) -> Context[Any]:
    creating, *others = PAYMENT.commands
    return replace(PAYMENT, commands=(replace(creating, rule=rule), *others))


AGREED = {context.name: context for context in KITS} | {"ruled": _ruled(_refuse_every_second), "renamed": RENAMED}
SHARES = st.sampled_from([Fraction(0), TOLERATED, Fraction(1, 2), Fraction(1)])


def imported(
    context: Context[Any], data: bytes, share: Fraction = TOLERATED, format_: FileFormat = PLAIN
) -> tuple[ListStatus, bytes]:
    """Import a file without stored records, with all references known; return the end and the report."""
    world = World(context)
    world.formats = Formats({"acme": format_}, MAX_BYTES)
    rule = CreatingRule(context, context.creating.rule, world.aggregates)
    list_id = world.register(data).list_id
    good = (
        not world.lists.get(list_id).reason
        and world.steps.validate(list_id, share, 10).outcome is Outcome.VALIDATED
        and world.steps.verify(list_id, share, [rule]).outcome is Outcome.VERIFIED
    )
    end = ListStatus.IMPORTED if good else world.steps.compensate(list_id).status
    return end, world.files.read(world.lists.get(list_id).file.report_key) or b""


def assert_agreement(
    context: Context[Any], data: bytes, share: Fraction = TOLERATED, format_: FileFormat = PLAIN
) -> Result:
    end, report = imported(context, data, share, format_)
    result = check(context, BytesIO(data), len(data), Terms(MAX_BYTES, share, format_))
    assert result.report == report
    assert result.status == BAD_FILE or (result.status == VALID) == (report.count(b"\r\n") == 1)
    assert (end is ListStatus.REJECTED) == (result.unread or b",list-tolerance," in report)
    return result


@pytest.mark.parametrize("name", AGREED)
def test_the_kit_and_the_import_write_the_same_report(name: str) -> None:
    _agree(AGREED[name], 100)


@pytest.mark.parametrize(
    "format_",
    [
        *(FORMATS[1], PACKED[0], PLACED[0], PLACED[2], PLACED[4]),
        *(pytest.param(case, marks=pytest.mark.nightly) for case in (*FORMATS[2:], *PACKED[1:], PLACED[1], PLACED[3])),
    ],
    ids=str,
)
def test_the_kit_and_the_import_agree_on_the_files_of_a_partner(format_: FileFormat) -> None:
    """With a format of its own."""
    _agree(TYPED, 40, named(format_, TYPED))


@pytest.mark.nightly
@pytest.mark.parametrize("kind", sorted({format_.kind for format_ in PLACED}))
def test_the_kit_and_the_import_agree_on_2000_files_of_each_kind(kind: str) -> None:
    """Of the kinds with a reader of their own."""
    cases = [(context, named(each, context)) for context in KITS for each in PLACED if each.kind == kind]
    for context, format_ in cases:
        _agree(context, 2000 // len(cases) + 1, format_)


@pytest.mark.nightly
@pytest.mark.e2e
def test_the_kit_and_the_import_agree_on_thousands_of_files() -> None:
    cases = [(context, PLAIN) for context in AGREED.values()]
    cases += [(context, named(format_, context)) for context in KITS for format_ in (*FORMATS[1:], *PACKED)]
    for context, format_ in cases:
        _agree(context, 5000 // len(cases), format_)


def _agree(context: Context[Any], examples: int, format_: FileFormat = PLAIN) -> None:
    statuses: set[int] = set()
    odd_format = replace(format_, control={})
    assert assert_agreement(context, odd_values(context, odd_format), Fraction(1), odd_format).rows

    @settings(EXAMPLES, max_examples=examples)
    @given(files(context, format_), SHARES)
    def agree(data: bytes, share: Fraction) -> None:
        statuses.add(assert_agreement(context, data, share, format_).status)

    agree()
    assert statuses >= {REJECTS, BAD_FILE}


def test_a_rule_that_reads_stored_records_runs_in_the_service_only() -> None:
    """As is a rule that fails: the partner cannot correct it."""

    def reading(command: Any, payments: Any) -> Any:
        if int(command.id[-1]) > 2:
            raise LookupError
        with suppress(NotFound):
            payments.get("other")
        return register_payment(command, payments)

    context = _ruled(reading)
    data = World(context).samples.file(World(context).rows(10))
    result = check(context, BytesIO(data), len(data), Terms(MAX_BYTES, TOLERATED))
    assert (result.rows, result.unchecked, result.status) == (10, 10, VALID)
