"""The rule of the command that creates, run for each row of a list: what a command is refused for, a row is too."""

import gc
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from payment.commands import RegisterPayment
from payment.context import PAYMENT
from payment.model import Payment, PaymentDetails, Status
from payment.use_cases import register_payment
from pydantic import Field, ValidationError

from bounded_context import Aggregate, Aggregates, BusinessError, Context, NotFound, Text, WholeNumber
from bounded_context.application import results, verification
from bounded_context.application.calls import time_left
from bounded_context.application.list_import import Outcome, Upload
from bounded_context.application.ports import Throttled
from bounded_context.application.staging import VALIDATED, VERIFIED, StagedRow, Staging, StagingGone, TypedRow
from bounded_context.application.verification import CreatingRule, Ran, RuleFailed, typed
from bounded_context.domain.faults import INVALID, Fault, ListFault
from bounded_context.domain.lists import ListStatus
from bounded_context.testing import InMemory, InMemoryAggregates, Run, Samples, run_list
from bounded_context.testing.functions import KEY
from tests.commands import ALL, Commands
from tests.contexts import ORDER, place_order
from tests.things import Stage, context_of, model_of

SAMPLES: Final = Samples(PAYMENT)
ROWS: Final = [SAMPLES.values(n) for n in range(20)]
TOLERANT: Final = Fraction(1, 2)
Rule = Callable[[RegisterPayment, Aggregates[Payment]], Payment]


class TooLarge(BusinessError):
    """A refusal of a rule."""

    code = "too-large"
    title = "Nobody pays so much"


def limited(command: RegisterPayment, payments: Aggregates[Payment]) -> Payment:
    """The rule of the tutorial."""
    if command.amount > 10:
        raise TooLarge("a payment may be 10 at most")
    return register_payment(command, payments)


def sent(rule: Rule, rows: list[dict[str, str]] = ROWS, **more: Any) -> Run[Payment]:
    more.setdefault("tolerated_share", TOLERANT)
    return run_list(PAYMENT, rows, rule=rule, **more)


def test_a_row_that_a_command_would_be_refused_for_is_rejected_with_the_refusals_code() -> None:
    """The others are imported."""
    run = sent(limited)
    assert run.outcome == "IMPORTED"
    assert [(line["line"], line["field"], line["code"]) for line in run.report] == [
        (str(n + 2), "", TooLarge.code) for n in range(10, 20)
    ]
    assert {aggregate.id for aggregate in run.aggregates} == {row["payment_id"] for row in ROWS[:10]}


def test_refused_rows_count_towards_the_tolerance() -> None:
    """Under one fault, whichever rule it was."""
    world, list_id = _validated(limited, ROWS)
    assert world.list_import().verify(list_id, Fraction(1, 20), world.checks()).outcome == "REJECTED"
    assert world.lists.get(list_id).rejections == {Fault.RULE: 10}


def test_a_refusal_without_a_text_has_its_title() -> None:
    """The partner always reads a sentence."""

    def silent(*_: Any) -> Payment:
        raise TooLarge

    assert {line["reason"] for line in sent(silent).report if line["line"]} == {TooLarge.title}


def old_style(command: RegisterPayment, payments: Aggregates[Payment]) -> Payment:
    """As the template wrote it before."""
    created = Payment(PaymentDetails(**command.model_dump(mode="json")), Status.REGISTERED)
    payments.add(created)
    return created


def the_command_itself(command: RegisterPayment, payments: Aggregates[Payment]) -> Payment:
    """Without details of its own: a command is made from them."""
    created = Payment(command, Status.REGISTERED)
    payments.add(created)
    return created


@pytest.mark.parametrize("rule", [register_payment, old_style, the_command_itself])
def test_rows_that_a_rule_leaves_as_they_are_are_imported_as_they_are(rule: Rule) -> None:
    """However the rule makes the details: no part is written a second time."""
    world, list_id = _verified(rule, ROWS)
    staging = Staging(world.files, list_id)
    assert staging.manifest(VERIFIED) == staging.manifest(VALIDATED)


def _verified(rule: Rule, rows: list[dict[str, str]]) -> tuple[InMemory[Payment], str]:
    world, list_id = _validated(rule, rows)
    world.list_import().verify(list_id, TOLERANT, world.checks())
    return world, list_id


def _validated(rule: Rule, rows: list[dict[str, str]], part_rows: int = 10) -> tuple[InMemory[Payment], str]:
    world = InMemory(PAYMENT, rule=rule)
    world.files.write(KEY, SAMPLES.file(rows))
    steps = world.list_import()
    list_id = steps.register(Upload("inbox", KEY), "run-1", 10**6).list_id
    steps.validate(list_id, TOLERANT, part_rows)
    return world, list_id


def doubled(command: RegisterPayment, payments: Aggregates[Payment]) -> Payment:
    """Changes a number and a text, and quantizes nothing."""
    details = PaymentDetails.of(command).model_copy(update={"amount": command.amount * 2, "payer": "Ada"})
    created = Payment(details, Status.REGISTERED)
    payments.add(created)
    return created


def test_the_result_of_the_rule_is_imported() -> None:
    """And summed up."""
    run = sent(doubled)
    assert [(aggregate.details.amount, aggregate.details.payer) for aggregate in run.aggregates] == [
        (Decimal(f"{n}.50") * 2, "Ada") for n in range(20)
    ]
    world, list_id = _verified(doubled, ROWS)
    assert world.lists.get(list_id).amounts == {"amount": {"EUR": sum(Decimal(f"{n}.50") for n in range(20)) * 2}}


def test_an_equal_amount_in_another_notation_is_stored_as_by_the_command() -> None:
    """12.5 and 12.50 are equal numbers and different texts."""

    def precise(command: RegisterPayment, payments: Aggregates[Payment]) -> Payment:
        details = PaymentDetails.of(command).model_copy(update={"amount": command.amount.quantize(Decimal("0.01"))})
        created = Payment(details, Status.REGISTERED)
        payments.add(created)
        return created

    [imported] = sent(precise, [SAMPLES.values(1, amount="12.5")]).aggregates
    [by_command] = _by_commands(precise, [SAMPLES.values(1, amount="12.5")])
    assert str(imported.details.amount) == str(by_command.details.amount) == "12.50"


def _by_commands(rule: Rule, rows: list[dict[str, str]]) -> list[Payment]:
    stored = InMemoryAggregates(PAYMENT)
    for row in rows:
        try:
            rule(RegisterPayment.model_validate(row), stored)
        except (BusinessError, ValidationError):
            continue
    return list(stored.stored.values())


def _adds(*factories: Callable[[PaymentDetails], Payment]) -> Rule:
    def rule(command: RegisterPayment, payments: Aggregates[Payment]) -> Payment:
        created = [factory(PaymentDetails.of(command)) for factory in factories]
        for payment in created:
            payments.add(payment)
        return created[0] if created else Payment(command, Status.REGISTERED)

    return rule


def _plain(details: PaymentDetails) -> Payment:
    return Payment(details, Status.REGISTERED)


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (_adds(), "adds 0 aggregates"),
        (_adds(_plain, _plain), "adds 2 aggregates"),
        (_adds(lambda details: Payment(details, Status.VERIFIED)), "in status VERIFIED"),
        (_adds(lambda details: Payment(details, Status.REGISTERED, version=2)), "version 2"),
        (_adds(lambda details: Payment(details, Status.REGISTERED, list_id="l-1")), "sets list_id"),
        (_adds(lambda details: _plain(details.model_copy(update={"payment_id": "other"}))), "changes payment_id"),
        (lambda command, payments: payments.save(_plain(command)) or _plain(command), "calls save"),
        (lambda command, payments: payments.remove(_plain(command)) or _plain(command), "calls remove"),
    ],
)
def test_a_result_that_no_row_can_have_fails_the_step_with_advice(rule: Rule, why: str) -> None:
    """It is the rule that has to change, and nothing that a partner could."""
    with pytest.raises(RuleFailed, match=f"on line 2: it {why}|on line 2: .*{why}"):
        sent(rule)


def test_a_rule_reads_stored_aggregates() -> None:
    """As a command does: an aggregate, or that there is none."""

    def after_another(command: RegisterPayment, payments: Aggregates[Payment]) -> Payment:
        payments.get(command.payer)
        return register_payment(command, payments)

    there = SAMPLES.aggregate(90)
    rows = [SAMPLES.values(1, payer=there.id), SAMPLES.values(2, payer="nobody")]
    run = sent(after_another, rows, existing=[there])
    assert [(line["line"], line["code"]) for line in run.report] == [("3", NotFound.code)]
    assert {aggregate.id for aggregate in run.aggregates} == {there.id, "id-000001"}


def test_a_rule_reads_its_own_additions() -> None:
    """And rows of a list do not see each other."""
    seen: list[str] = []

    def reading(command: RegisterPayment, payments: Aggregates[Payment]) -> Payment:
        created = register_payment(command, payments)
        seen.append(payments.get(created.id).id)
        with pytest.raises(NotFound):
            payments.get(ROWS[0]["payment_id"] if created.id != ROWS[0]["payment_id"] else ROWS[1]["payment_id"])
        return created

    assert sent(reading, ROWS[:3]).outcome == "IMPORTED"
    assert seen == [row["payment_id"] for row in ROWS[:3]]


def test_another_error_names_rule_and_line_and_no_value() -> None:
    """What it was caused by is kept for the traceback."""

    def broken(command: RegisterPayment, _: Aggregates[Payment]) -> Payment:
        raise OSError(command.payer)

    with pytest.raises(RuleFailed) as failed:
        sent(broken, [SAMPLES.values(1, payer="Ada Lovelace")])
    assert str(failed.value) == "the rule broken fails for the row on line 2: it raised OSError"
    assert isinstance(failed.value.__cause__, OSError)


@pytest.mark.parametrize("error", [ValueError, KeyError, InvalidOperation, TypeError, AttributeError])
def test_an_error_for_the_values_of_a_row_rejects_this_row_alone(error: type[Exception]) -> None:
    """With a code of its own, and without its text, which may quote a value. The other rows are imported."""
    failures: list[Exception | None] = []

    def broken(command: RegisterPayment, payments: Aggregates[Payment]) -> Payment:
        if command.id == ROWS[1]["payment_id"]:
            raise error(command.payer)
        return register_payment(command, payments)

    run = sent(broken, ROWS[:3])
    assert run.outcome == "IMPORTED"
    assert [(line["line"], line["field"], line["code"]) for line in run.report] == [("3", "", Fault.BROKEN)]
    assert ROWS[1]["payer"] not in run.report[0]["reason"]
    assert {aggregate.id for aggregate in run.aggregates} == {ROWS[0]["payment_id"], ROWS[2]["payment_id"]}
    check = CreatingRule(PAYMENT, broken, InMemoryAggregates(PAYMENT), lambda ran: failures.append(ran.failure))
    assert [refused.code for refused in check(_typed(ROWS[:3]), "l-1")] == [Fault.BROKEN]
    assert [type(failure) for failure in failures] == [error]


def test_a_read_that_fails_for_a_value_fails_the_step() -> None:
    """It is a fault of the table's items, and not of the row."""

    class Unreadable(InMemoryAggregates[Payment]):
        def get(self, identity: str) -> Payment:
            raise ValueError(identity)

    def reading(command: RegisterPayment, payments: Aggregates[Payment]) -> Payment:
        return payments.get(command.id)

    with pytest.raises(ValueError, match=r"^id-"):
        CreatingRule(PAYMENT, reading, Unreadable(PAYMENT))(_typed(ROWS[:1]), "l-1")


def test_a_failing_read_is_the_steps_own_failure() -> None:
    """It says nothing of the rule: the state machine waits and tries again."""

    class Busy(InMemoryAggregates[Payment]):
        def get(self, identity: str) -> Payment:
            raise Throttled(identity)

    def reading(command: RegisterPayment, payments: Aggregates[Payment]) -> Payment:
        return payments.get(command.id)

    with pytest.raises(Throttled):
        CreatingRule(PAYMENT, reading, Busy(PAYMENT))(_typed(ROWS[:1]), "l-1")


def test_a_rule_that_is_throttled_is_the_steps_own_failure() -> None:
    """Near the end of the function's time, a call to another system raises Throttled: no failure of the rule."""

    def late(*_: Any) -> Payment:
        raise Throttled("the function's time is nearly over")

    with pytest.raises(Throttled):
        sent(late)


class Bureau:
    """Another system that a rule calls: it answers ``answers`` calls of each try of the step."""

    def __init__(self, answers: list[int]) -> None:
        self.answers, self.called = answers, list[str]()

    def rule(self, command: RegisterPayment, payments: Aggregates[Payment]) -> Payment:
        if self.answers and not self.answers[0]:
            del self.answers[0]
            raise Throttled("the function's time is nearly over")
        if self.answers:
            self.answers[0] -= 1
        self.called.append(command.payment_id)
        if command.payer == "Mallory":
            raise TooLarge("not accepted")
        return doubled(command, payments) if command.payer == "Bob" else register_payment(command, payments)


@given(
    st.lists(st.integers(0, 4), max_size=6),
    st.lists(st.sampled_from(["Ada", "Bob", "Mallory"]), min_size=12, max_size=12),
)
def test_a_try_calls_the_rule_only_for_rows_without_a_result(answers: list[int], payers: list[str]) -> None:
    """Tries of a part and of a whole list give the result of one try. The rule has one answer for each row."""
    rows = [SAMPLES.values(n, payer=payer) for n, payer in enumerate(payers)]
    bureau, calm = Bureau(answers), Bureau([])
    assert _imported(bureau, rows) == _imported(calm, rows)
    assert sorted(bureau.called) == sorted(calm.called)


def _imported(bureau: Bureau, rows: list[dict[str, str]]) -> tuple[Any, ...]:
    """Verify a list of two parts and decide, each until no call is throttled; return the record, report and rows."""
    world, list_id = _validated(bureau.rule, rows, part_rows=7)
    steps = world.list_import()
    first, *_ = Staging(world.files, list_id).manifest(VALIDATED)
    _until_done(lambda: steps.verify_part(list_id, first, world.checks()))
    _until_done(lambda: steps.verify(list_id, Fraction(1), world.checks(), Outcome.SPLIT))
    received = world.lists.get(list_id)
    parts = [] if received.cancelled else Staging(world.files, list_id).manifest(VERIFIED)
    report = world.files.read(received.file.report_key)
    return received, report, [world.files.read(part.key) for part in parts]


def _until_done(step: Callable[[], object]) -> None:
    while True:
        try:
            step()
        except Throttled:
            continue
        return


def test_a_slow_rule_ends_before_the_function_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that asks no system of the library, for a second a row: the step stops it in time and continues later."""
    seen: list[str] = []
    monkeypatch.setattr(verification, "perf_counter", lambda: float(len(seen)))

    def slow(command: RegisterPayment, payments: Aggregates[Payment]) -> Payment:
        seen.append(command.payment_id)
        return register_payment(command, payments)

    world, list_id = _validated(slow, ROWS[:10])
    for verified in (5, 10):
        with suppress(Throttled), time_left(6):
            world.list_import().verify(list_id, TOLERANT, world.checks())
        assert seen == [row["payment_id"] for row in ROWS[:verified]]
    assert world.lists.get(list_id).status is ListStatus.IMPORTING


def _typed(rows: list[dict[str, str]]) -> list[TypedRow[Any]]:
    return typed([StagedRow(line, row) for line, row in enumerate(rows, start=2)], PAYMENT.rows_as_commands)[0]


def test_a_part_reports_the_run_of_its_rule() -> None:
    """With the time, for whoever looks for a slow rule."""
    runs: list[Ran] = []
    CreatingRule(PAYMENT, limited, InMemoryAggregates(PAYMENT), runs.append)(_typed(ROWS), "l-1")
    [ran] = runs
    assert (ran.rule, ran.rows, ran.refused) == ("limited", 20, {TooLarge.code: 10})
    assert ran.seconds > 0


def _with_channel(default: Any) -> Context[Any]:
    """A context whose creating command has a field more than rows."""
    plain = context_of({})
    create, *others = plain.commands
    model = model_of("MakeThing", plain.details, {"channel": (Text, default)})
    return replace(plain, commands=(replace(create, model=model), *others))


def test_a_command_that_requires_a_field_without_a_column_is_refused() -> None:
    context = _with_channel(...)
    with pytest.raises(ValueError, match="MakeThing requires channel, which no row has"):
        CreatingRule(context, _made, InMemoryAggregates(context))


def test_a_command_with_a_default_for_a_field_without_a_column_is_accepted() -> None:
    """The rule finds the default."""
    context, channels = _with_channel("list"), set[str]()

    def rule(command: Any, things: Aggregates[Any]) -> Any:
        channels.add(command.channel)
        return _made(command, things)

    assert run_list(context, [{"thing_id": "t-1"}], rule=rule).outcome == "IMPORTED"
    assert channels == {"list"}


def test_a_row_that_the_commands_own_model_refuses_is_rejected_as_a_caller_is() -> None:
    """The command may ask for more than its details do."""
    plain = context_of({"size": (WholeNumber, ...)})
    create, *others = plain.commands
    model = model_of("MakeThing", plain.details, {"size": (WholeNumber, Field(le=5))})
    context = replace(plain, commands=(replace(create, model=model), *others))
    rows = [{"thing_id": f"t-{n}", "size": str(n)} for n in range(4, 8)]
    run = run_list(context, rows, rule=_made, tolerated_share=TOLERANT)
    assert [aggregate.id for aggregate in run.aggregates] == ["t-4", "t-5"]
    assert [(line["line"], line["field"], line["code"]) for line in run.report] == [
        ("4", "size", INVALID),
        ("5", "size", INVALID),
    ]


def _made(command: Any, things: Aggregates[Any]) -> Any:
    details = type(command).__mro__[1].of(command)
    created = Aggregate(details, Stage.MADE)
    things.add(created)
    return created


@pytest.mark.parametrize("of", ALL, ids=lambda of: of.context.name)
def test_the_rule_of_each_context_accepts_its_good_rows(of: Commands) -> None:
    samples = Samples(of.context)
    run = run_list(of.context, [samples.values(n) for n in range(25)], rule=of.create.use_case)
    assert (run.outcome, len(run.aggregates)) == ("IMPORTED", 25)


@pytest.fixture
def collecting() -> Iterator[None]:
    """Whatever a test does, Python's search for cycles is on after it."""
    yield
    gc.enable()


@pytest.mark.usefixtures("collecting")
@pytest.mark.parametrize("on", [True, False])
def test_the_search_for_cycles_is_as_it_was_after_a_verification(on: bool) -> None:
    """Also after one that broke; a function that has switched it off finds it so."""
    world, list_id = _verified(register_payment, ROWS)
    if not on:
        gc.disable()
    for key in [key for key in world.files.objects if "part-00001" in key]:
        del world.files.objects[key]
    world.lists.stored[list_id] = replace(world.lists.get(list_id), status=ListStatus.VALIDATED)
    with pytest.raises(StagingGone):
        world.list_import().verify(list_id, TOLERANT, world.checks())
    assert gc.isenabled() is on


@pytest.mark.slow
@pytest.mark.usefixtures("collecting")
def test_the_garbage_of_a_list_does_not_grow_with_its_rows() -> None:
    """The collector pauses in the steps that read and write rows. Half of the rows are bad, and some exist."""
    assert _garbage(1600) <= _garbage(400) + 50


def _garbage(rows: int) -> int:
    """Return the number of unreachable objects that the validation and the import of a list leave."""
    world = InMemory(PAYMENT)
    data = SAMPLES.file([SAMPLES.values(n, amount="1.50" if n % 2 else "much") for n in range(rows)])
    world.files.write(KEY, data)
    steps = world.list_import()
    list_id = steps.register(Upload("inbox", KEY), "run-1", 10**9).list_id
    gc.collect()
    gc.disable()
    steps.validate(list_id, Fraction(1), 250)
    steps.verify(list_id, Fraction(1), world.checks())
    for part in Staging(world.files, list_id).manifest(VERIFIED):
        steps.import_part(list_id, part)
    return gc.collect()


@pytest.mark.usefixtures("collecting")
@pytest.mark.parametrize("step", ["validate", "import_part"])
def test_the_collector_pauses_in_the_steps_that_read_and_write_rows(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is on after them. In the rule it is on: a rule may leave cycles."""
    seen: dict[str, bool] = {}

    def rule(command: RegisterPayment, payments: Aggregates[Payment]) -> Payment:
        seen["rule"] = gc.isenabled()
        return register_payment(command, payments)

    world, list_id = _verified(rule, ROWS)
    monkeypatch.setattr(world.files, "write", lambda *_: seen.update(validate=gc.isenabled()))
    monkeypatch.setattr(world.aggregates, "import_rows", lambda *_: seen.update(import_part=gc.isenabled()))
    steps, [part, *_] = world.list_import(), Staging(world.files, list_id).manifest(VERIFIED)
    if step == "validate":
        world.lists.stored[list_id] = replace(world.lists.get(list_id), status=ListStatus.REGISTERED)
        with suppress(StagingGone):
            steps.validate(list_id, TOLERANT, 10)
    else:
        steps.import_part(list_id, part)
    assert (seen["rule"], seen[step], gc.isenabled()) == (True, False, True)


amounts = st.decimals("0.01", "40", places=2).map(str) | st.sampled_from(["", "0", "-1", "x", "1e3"])
payers = st.sampled_from(["Ada", "Bob", "=1", "id-000090", ""])
row_lists = st.lists(st.tuples(amounts, payers), min_size=1, max_size=12)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """A rule of random limits, one that reads, changes and refuses."""
    most, refused, doubles = draw(st.integers(0, 40)), draw(payers), draw(st.booleans())
    reads = draw(st.booleans())

    def rule(command: RegisterPayment, payments: Aggregates[Payment]) -> Payment:
        if command.amount > most:
            raise TooLarge("too large")
        if command.payer == refused:
            raise BusinessError("not this one")
        if reads:
            payments.get(command.payer)
        details = PaymentDetails.of(command)
        changed = details.model_copy(update={"amount": details.amount * 2}) if doubles else details
        created = Payment(changed, Status.REGISTERED)
        payments.add(created)
        return created

    return rule


@given(row_lists, rules())
def test_commands_and_rows_are_accepted_alike(given_rows: list[tuple[str, str]], rule: Rule) -> None:
    """Whatever the rows and the rule are: the same are accepted, and what is stored is the same."""
    there = SAMPLES.aggregate(90)
    rows = [SAMPLES.values(n, amount=amount, payer=payer) for n, (amount, payer) in enumerate(given_rows)]
    stored = InMemoryAggregates(PAYMENT)
    stored.add(there)
    accepted = set[str]()
    for row in rows:
        try:
            accepted.add(rule(RegisterPayment.model_validate(row), stored).id)
        except (BusinessError, ValidationError):
            continue
    run = run_list(PAYMENT, rows, rule=rule, existing=[there], tolerated_share=Fraction(1), part_rows=5)
    if not accepted:
        assert run.outcome == "REJECTED"
        return
    assert {aggregate.id for aggregate in run.aggregates} == accepted | {there.id}
    for aggregate in run.aggregates:
        assert aggregate.details.model_dump(mode="json") == stored.get(aggregate.id).details.model_dump(mode="json")


class OverLimit(TooLarge):
    """A refusal that names the field."""

    field = "amount"


def over_limit(command: RegisterPayment, payments: Aggregates[Payment]) -> Payment:
    """The rule of the tutorial, with the field in its refusal."""
    with suppress(TooLarge):
        return limited(command, payments)
    raise OverLimit("a payment may be 10 at most")


def test_a_refusal_names_the_field_of_the_row() -> None:
    """As a faulty cell does."""
    assert {line["field"] for line in sent(over_limit).report} == {"amount"}


def test_faulty_cells_and_refusals_are_in_one_report() -> None:
    """Also if the faulty cells alone reject the list: the partner corrects all of it at once."""
    faulty = [{**ROWS[n], "currency": "?"} for n in (0, 1)]
    run = sent(over_limit, [faulty[0], *ROWS[2:12], faulty[1]], tolerated_share=Fraction(1, 12))
    assert run.outcome == "REJECTED"
    assert [(line["line"], line["field"], line["code"]) for line in run.report] == [
        ("2", "currency", Fault.VALUE),
        *((str(line), "amount", TooLarge.code) for line in (11, 12)),
        ("13", "currency", Fault.VALUE),
        ("", "", ListFault.TOLERANCE),
    ]
    assert run.report[-1]["reason"].startswith("4 of 12 rows")


def test_a_rule_does_not_run_for_a_list_whose_report_it_cannot_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    """All rows are faulty, or the report is full, or the file has another format."""
    calls, faulty = list[str](), [{**row, "currency": "?"} for row in ROWS]

    def counting(command: RegisterPayment, payments: Aggregates[Payment]) -> Payment:
        calls.append(command.id)
        return register_payment(command, payments)

    commas = [{**row, "amount": "1,50"} for row in ROWS]
    for rows in (faulty, [*commas[1:], {**ROWS[0], "amount": "5"}]):
        assert sent(counting, rows).outcome == "REJECTED"
    monkeypatch.setattr(results, "REPORTED_REJECTIONS", 11)
    assert sent(counting, [*faulty[:11], *ROWS[11:]]).outcome == "REJECTED"
    assert calls == []
    assert sent(counting, [*faulty[:10], *ROWS[10:]], tolerated_share=Fraction(0)).outcome == "REJECTED"
    assert len(calls) == 10


def test_the_state_that_a_rule_sets_is_imported() -> None:
    """As a command stores it; a row without it has the defaults, and its part is not written again."""

    def weighed(command: Any, orders: Any) -> Any:
        created = place_order(command, orders)
        if command.pieces > 5:
            orders.added[0] = created = replace(created, state=created.state.having(parcels=command.pieces))
        return created

    rows = [Samples(ORDER).values(number) for number in range(1, 11)]
    run = run_list(ORDER, rows, rule=weighed)
    assert [order.state.parcels for order in run.aggregates] == [0] * 5 + [6, 7, 8, 9, 10]
    checked = CreatingRule(ORDER, weighed, InMemoryAggregates(ORDER))
    staged = [StagedRow(number, dict(row)) for number, row in enumerate(rows)]
    typed_rows, _ = typed(staged, ORDER.rows_as_commands)
    assert checked(typed_rows, "") == []
    assert [row.created is None for row in typed_rows] == [True] * 5 + [False] * 5
