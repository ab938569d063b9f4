"""What a declaration says, what follows from it, and what it may not say."""

from dataclasses import fields, replace
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from payment.context import PAYMENT
from payment.model import PaymentDetails
from payment.model import Status as PaymentStatus

from bounded_context import (
    Aggregate,
    Amount,
    BadContext,
    BusinessError,
    By,
    Change,
    Command,
    Context,
    Day,
    Details,
    Identifier,
    Personal,
    Text,
    Unavailable,
)
from bounded_context.declaration.context import declared, named
from tests.contexts import INVOICE, ORDER, NotPacked, PackOrder, Progress, over_contexts

CREATE, CHANGE, DELETE = PAYMENT.commands
_DELETE = "DELETE /payments/{payment_id}"
START = (PaymentStatus.REGISTERED,)


def _as(base: Context[Any], **changes: Any) -> Context[Any]:
    """Return a declaration with other values of some fields."""
    values = {field.name: getattr(base, field.name) for field in fields(base)}
    return Context(**values | changes)


def _versions(*events: str) -> dict[str, str]:
    return dict.fromkeys((*events, "PaymentListImported", "PaymentListRejected"), "1.0")


def _with(*commands: Command[Any, Any]) -> Context[Any]:
    versions = _versions(*(command.event for command in commands))
    return _as(PAYMENT, commands=commands, versions=versions)


_FIRST: Any = START[0]
"""A status in parentheses, without a comma."""


def _starting(*after: Any) -> Context[Any]:
    return _with(CREATE, replace(CHANGE, after=after), DELETE)


def _islands() -> tuple[Command[Any, Any], ...]:
    """The commands of orders: those that pack and ship start from what the other one leaves."""
    create, pack, ship, cancel = ORDER.commands
    return create, replace(pack, after=(Progress.SHIPPED,)), ship, cancel


class Verify(Change):
    """Would have the path of VerifyPayment."""

    payment_id: Identifier


class GetPayment(Change):
    """Would be the function of the query."""

    payment_id: Identifier


class Backwards(Change):
    """Its first field is no identity."""

    reason: Text
    payment_id: Identifier


class Elsewhere(StrEnum):
    """Statuses of another aggregate."""

    LOST = "LOST"


class ThreeStatuses(StrEnum):
    """One more than there are commands for."""

    REGISTERED = "REGISTERED"
    VERIFIED = "VERIFIED"
    SETTLED = "SETTLED"


class Nameless(Details):
    """Its first field is no identity."""

    payer: Text


class Standing(Details):
    """Has a field that every aggregate has."""

    payment_id: Identifier
    status: Text


class Confused(Details):
    """Has an amount whose metric would be that of its rows."""

    payment_id: Identifier
    rows: Amount


def rule(command: Any, payments: Any) -> Any:
    """Stand for any rule."""
    raise NotImplementedError(command, payments)


def _payment(details: type[Details], statuses: type[StrEnum] = PaymentStatus) -> Any:
    """Return an aggregate of the same name, with other details."""
    bases = (Aggregate[details, statuses],)
    return type("Payment", (Aggregate,), {"__orig_bases__": bases})


def _of(details: type[Details]) -> Context[Any]:
    """Return a declaration of an aggregate with other details."""
    create = type("RegisterPayment", (details,), {"__module__": __name__})
    return _as(
        PAYMENT,
        aggregate=_payment(details),
        commands=(Command.creates(create, rule, PaymentStatus.REGISTERED, "PaymentRegistered"), CHANGE, DELETE),
        references={},
    )


class WithNote(Details):
    """May have a note."""

    payment_id: Identifier
    note: Text | None = None


class MayBeDue(Details):
    """May have a day."""

    payment_id: Identifier
    payer: Text
    due_date: Day | None = None


class WithBirthday(Details):
    """Has a person's day."""

    payment_id: Identifier
    payer: Text
    born_on: Annotated[Day, Personal]


class WithSize(Details):
    """Has a field that items of lists have too, as a number."""

    payment_id: Identifier
    size: Text


class PersonalIdentity(Details):
    """Its identity is a person's."""

    payment_id: Annotated[Identifier, Personal]


class PersonalKind(Details):
    """Has no value for the kind after an erasure."""

    payment_id: Identifier
    kind: Annotated[Literal["own", "other"], Personal]


class Twice(BusinessError):
    """Has the code of a refusal that every context has."""

    code = "not-found"


class Codeless(BusinessError):
    """Has no code of its own."""


class Broken(BusinessError):
    """Has a status that is no refusal."""

    code = "broken"
    status = 500


_declare: Any = Command

BAD = {
    "details: a personal identity": (
        lambda: _of(PersonalIdentity),
        "PersonalIdentity.payment_id is Personal: the identity is in keys and logs, so take another.",
    ),
    "details: personal without a value after an erasure": (
        lambda: _of(PersonalKind),
        "PersonalKind.kind is Personal: give it a default, its value after an erasure.",
    ),
    "name: the aggregate's": (
        lambda: _as(PAYMENT, name="pay"),
        "name is 'pay': for the aggregate Payment write 'payment'.",
    ),
    "plural: no snake_case": (lambda: _as(PAYMENT, plural="Payments"), "plural is 'Payments': write it in snake_case."),
    "verification: no snake_case": (
        lambda: _as(PAYMENT, verification="VerifySubscription"),
        "verification is 'VerifySubscription': write it in snake_case.",
    ),
    "queried_by: lists of a context without lists": (
        lambda: _as(PAYMENT, verification=None, versions={}),
        "queried_by has 'list', and the context has no lists, since verification is None: write status instead.",
    ),
    "queried_by: unheard of": (
        lambda: _as(PAYMENT, queried_by=("partner",)),
        "queried_by has 'partner': write list, status, or a Text or an Identifier that is required or of the state.",
    ),
    "queried_by: no text": (
        lambda: _as(PAYMENT, queried_by=("amount",)),
        "queried_by has 'amount': write list, status, or a Text or an Identifier that is required or of the state.",
    ),
    "queried_by: not in every row": (
        lambda: _as(_of(WithNote), queried_by=("note",)),
        "queried_by has 'note': write list, status, or a Text or an Identifier that is required or of the state.",
    ),
    "queried_by: of items of lists": (
        lambda: _as(_of(WithSize), queried_by=("size",)),
        "queried_by has 'size', which is a reserved name: rename the field, or leave it out.",
    ),
    "queried_by: the identity": (
        lambda: _as(PAYMENT, queried_by=("payment_id",)),
        "queried_by has 'payment_id', which is a reserved name: rename the field, or leave it out.",
    ),
    "index_shards: neither of the two": (
        lambda: _as(PAYMENT, index_shards=24),
        "index_shards is 24: write 16 or 32.",
    ),
    "queried_by: twice": (
        lambda: _as(PAYMENT, queried_by=("list", "list")),
        "queried_by has 'list' twice: name each once.",
    ),
    "queried_by: twice with an order": (
        lambda: _as(PAYMENT, queried_by=(By("payer", order="due_date"), By("payer", order="subscription_id"))),
        "queried_by has 'payer' twice: name each once.",
    ),
    "queried_by: ordered by no text": (
        lambda: _as(PAYMENT, queried_by=(By("payer", order="amount"),)),
        "queried_by: the order of 'payer' is 'amount': write a required Day or Identifier of the details.",
    ),
    "queried_by: ordered by no field": (
        lambda: _as(PAYMENT, queried_by=(By("payer", order="created"),)),
        "queried_by: the order of 'payer' is 'created': write a required Day or Identifier of the details.",
    ),
    "queried_by: an order that is not in every item": (
        lambda: _as(_of(MayBeDue), queried_by=(By("payer", order="due_date"),)),
        "queried_by: the order of 'payer' is 'due_date': write a required Day or Identifier of the details.",
    ),
    "queried_by: ordered by a person's data": (
        lambda: _as(_of(WithBirthday), queried_by=(By("payer", order="born_on"),)),
        "queried_by: the order of 'payer' is 'born_on', which is Personal: a cursor would contain it.",
    ),
    "queried_by: ordered by the identity": (
        lambda: _as(PAYMENT, queried_by=(By("payer", order="payment_id"),)),
        "queried_by: the order of 'payer' is 'payment_id': write another field, or 'payer' without By.",
    ),
    "queried_by: an unheard of field with an order": (
        lambda: _as(PAYMENT, queried_by=(By("partner", order="due_date"),)),
        "queried_by has 'partner': write list, status, or a Text or an Identifier that is required or of the state.",
    ),
    "verification: a function's": (
        lambda: _as(PAYMENT, verification="verify_payment"),
        "verification: there would be two functions verify_payment: choose another name.",
    ),
    "verification: another step's": (
        lambda: _as(PAYMENT, verification="import_list"),
        "verification: there would be two functions import_list: choose another name.",
    ),
    "aggregate: no identity": (
        lambda: _of(Nameless),
        "aggregate: the first field of Nameless must be its identity: an Identifier without a default.",
    ),
    "aggregate: no fields": (
        lambda: _as(PAYMENT, aggregate=_payment(Details)),
        "aggregate: the first field of Details must be its identity: an Identifier without a default.",
    ),
    "aggregate: an item's attribute": (
        lambda: _of(Standing),
        "aggregate: Standing has a field 'status', which every aggregate has: rename it.",
    ),
    "aggregate: a metric's name": (
        lambda: _of(Confused),
        "aggregate: its field 'rows' has the name of another metric, RowsImported: rename it.",
    ),
    "aggregate: other statuses": (
        lambda: _as(PAYMENT, aggregate=_payment(PaymentDetails, ThreeStatuses)),
        "commands: RegisterPayment sets <Status.REGISTERED: 'REGISTERED'>, which is not a status of Payment.",
    ),
    "commands: one name twice": (
        lambda: _with(CREATE, CHANGE, CHANGE, DELETE),
        "commands has VerifyPayment twice: name each once.",
    ),
    "commands: none that creates": (lambda: _with(CHANGE, DELETE), "commands has 0 that creates: write one."),
    "commands: none that deletes": (lambda: _with(CREATE, CHANGE), "commands has 0 that deletes: write one."),
    "commands: another aggregate's": (
        lambda: _with(
            CREATE, Command.changes(PackOrder, rule, PaymentStatus.VERIFIED, "PaymentVerified", after=START), DELETE
        ),
        "commands: the first field of PackOrder is 'order_id': name payment_id.",
    ),
    "commands: the identity is not first": (
        lambda: _with(
            CREATE, Command.changes(Backwards, rule, PaymentStatus.VERIFIED, "PaymentVerified", after=START), DELETE
        ),
        "commands: the first field of Backwards is 'reason': name payment_id.",
    ),
    "commands: creates without the details": (
        lambda: _with(Command(Verify, rule, "creates", "PaymentRegistered", PaymentStatus.REGISTERED), DELETE),
        "commands: Verify creates, so its class must be made from PaymentDetails.",
    ),
    "commands: changes with the details": (
        lambda: _with(
            CREATE, Command(PaymentDetails, rule, "changes", "PaymentVerified", PaymentStatus.VERIFIED), DELETE
        ),
        "commands: PaymentDetails changes, so its class must be made from Change.",
    ),
    "commands: no rule": (
        lambda: _with(CREATE, replace(CHANGE, rule=None), DELETE),  # pyrefly: ignore[bad-argument-type] (the fault under test)
        "commands: VerifyPayment has no rule: write the function verify_payment as its second argument.",
    ),
    "commands: declared as before rules": (
        lambda: _with(CREATE, CHANGE, _declare.deletes(DELETE.model, "PaymentDeleted", after=START)),
        "commands: DeletePayment has no rule: write the function delete_payment as its second argument.",
    ),
    "commands: a rule that cannot be called": (
        lambda: _with(replace(CREATE, rule="register_payment"), CHANGE, DELETE),  # pyrefly: ignore[bad-argument-type] (the fault under test)
        "commands: RegisterPayment has no rule: write the function register_payment as its second argument.",
    ),
    "commands: a status of another": (
        lambda: _with(CREATE, Command.changes(Verify, rule, Elsewhere.LOST, "PaymentVerified", after=START), DELETE),
        "commands: Verify sets <Elsewhere.LOST: 'LOST'>, which is not a status of Payment.",
    ),
    "commands: two leave one status": (
        lambda: _with(
            CREATE, CHANGE, Command.changes(Verify, rule, PaymentStatus.VERIFIED, "PaymentChecked", after=START), DELETE
        ),
        "commands: two set the status VERIFIED, which determines the event: give each command its own status.",
    ),
    "commands: a status that no command sets": (
        lambda: _with(CREATE, DELETE),
        "commands: no command sets VERIFIED: remove it from Status, or add a command.",
    ),
    "commands: starts from nowhere": (
        lambda: _starting(),
        "commands: after of VerifyPayment is empty: name the statuses from which it may start.",
    ),
    "commands: removes from nowhere": (
        lambda: _with(CREATE, CHANGE, replace(DELETE, after=())),
        "commands: after of DeletePayment is empty: name the statuses from which it may start.",
    ),
    "commands: starts from a status of another": (
        lambda: _starting(Progress.PLACED),
        "commands: VerifyPayment starts after <Progress.PLACED: 'PLACED'>, which is not a status of Payment.",
    ),
    "commands: starts from one status twice": (
        lambda: _starting(*START, *START),
        "commands: after of VerifyPayment has REGISTERED twice: name each once.",
    ),
    "commands: starts from the status that it sets": (
        lambda: _starting(*PaymentStatus),
        "commands: VerifyPayment starts after VERIFIED, which it sets: remove it from after.",
    ),
    "commands: no way to a status": (
        lambda: _as(ORDER, commands=_islands()),
        "commands: PACKED cannot be reached from PLACED: let PackOrder start after a status that can be reached.",
    ),
    "commands: a query's function": (
        lambda: _with(
            CREATE, Command.changes(GetPayment, rule, PaymentStatus.VERIFIED, "PaymentVerified", after=START), DELETE
        ),
        "commands: there would be two functions get_payment: choose another name.",
    ),
    "commands: one event twice": (
        lambda: _with(
            CREATE, Command.changes(Verify, rule, PaymentStatus.VERIFIED, "PaymentRegistered", after=START), DELETE
        ),
        "commands: there are two events PaymentRegistered: choose another name.",
    ),
    **{
        f"commands: the event {event!r}": (
            lambda event=event: _with(CREATE, replace(CHANGE, event=event), DELETE),
            f"commands: the event of VerifyPayment is {event!r}: write it in PascalCase, such as PaymentVerified.",
        )
        for event in (
            "Payment Verified",
            "PaymentVerified ",
            "paymentVerified",
            "payment-verified",
            "Payment_Verified",
            "2ndPayment",
            "Zahlung\u00dcberpr\u00fcft",
            "PaymentVerified\n",
            "",
        )
    },
    "commands: a list's event": (
        lambda: _with(
            CREATE, Command.changes(Verify, rule, PaymentStatus.VERIFIED, "PaymentListImported", after=START), DELETE
        ),
        "commands: there are two events PaymentListImported: choose another name.",
    ),
    "commands: a metric's name": (
        lambda: _with(
            CREATE, Command.changes(Verify, rule, PaymentStatus.VERIFIED, "CommandsRefused", after=START), DELETE
        ),
        "commands: the event CommandsRefused has the name of another metric: choose another name.",
    ),
    "commands: a route that is none": (
        lambda: _with(
            CREATE,
            Command.changes(Verify, rule, PaymentStatus.VERIFIED, "PaymentVerified", "/payments", after=START),
            DELETE,
        ),
        "commands: the route of Verify is '/payments': write a method and a path, as in "
        "PUT /payments/{payment_id}/verify.",
    ),
    "commands: a route with another's field": (
        lambda: _with(
            CREATE,
            Command.changes(Verify, rule, PaymentStatus.VERIFIED, "PaymentVerified", "PUT /{x}", after=START),
            DELETE,
        ),
        "commands: the route of Verify has {x}, which is not one of its fields.",
    ),
    "commands: one route twice": (
        lambda: _with(
            CREATE,
            Command.changes(Verify, rule, PaymentStatus.VERIFIED, "PaymentVerified", _DELETE, after=START),
            DELETE,
        ),
        "commands: two have the route DELETE /payments/{}: choose another name, or write a route.",
    ),
    "versions: one too many": (
        lambda: _as(PAYMENT, versions={**PAYMENT.versions, "Gone": "1.0"}),
        "versions has Gone, which no command raises: remove it.",
    ),
    "versions: misspelt": (
        lambda: _as(PAYMENT, versions={"PaymentVerifed": "1.0"}),
        "versions has PaymentVerifed, which no command raises: write PaymentVerified, or remove it.",
    ),
    "subscribers: without a comma": (
        lambda: _as(PAYMENT, subscribers="billing"),
        "subscribers is 'billing': write (\"billing\",), with a comma.",
    ),
    "queried_by: without a comma": (
        lambda: _as(PAYMENT, queried_by="list"),
        "queried_by is 'list': write (\"status\",), with a comma.",
    ),
    "commands: after without a comma": (
        lambda: _as(PAYMENT, commands=(*PAYMENT.commands[:1], replace(PAYMENT.commands[1], after=_FIRST))),
        "commands: after of VerifyPayment is REGISTERED, and no tuple: write a comma after it.",
    ),
    "subscribers: one twice": (
        lambda: _as(PAYMENT, subscribers=("bi", "frontend", "bi")),
        "subscribers has 'bi' twice: name each once.",
    ),
    "versions: none": (
        lambda: _as(PAYMENT, versions={**PAYMENT.versions, "PaymentVerified": "1"}),
        "versions: PaymentVerified has '1': write <major>.<minor>, such as 1.0.",
    ),
    "references: no field": (
        lambda: _as(PAYMENT, references={"customer_id": "customer"}),
        "references has 'customer_id', which is not a field of PaymentDetails: remove it.",
    ),
    "references: no text": (
        lambda: _as(PAYMENT, references={"amount": "subscription"}),
        "references has 'amount', which is not a text: name a field that contains an id.",
    ),
    "references: no snake_case": (
        lambda: _as(PAYMENT, references={"subscription_id": "Subscription"}),
        "references: subscription_id refers to 'Subscription': write it in snake_case.",
    ),
    "references: to itself": (
        lambda: _as(PAYMENT, references={"subscription_id": "payment"}),
        "references: subscription_id refers to 'payment', which is the name of this context's own items: rename it.",
    ),
    "references: to lists": (
        lambda: _as(PAYMENT, references={"subscription_id": "list"}),
        "references: subscription_id refers to 'list', which is the name of this context's own items: rename it.",
    ),
    "errors: a code of all": (
        lambda: _as(PAYMENT, errors=(Twice,)),
        "errors: the code of Twice is 'not-found', which is in use: choose another code.",
    ),
    "scopes: no such route": (
        lambda: _as(PAYMENT, scopes={"relay_events": ("payments.read",)}),
        "scopes names relay_events, which has no route: remove it.",
    ),
    "scopes: no API": (
        lambda: _as(PAYMENT, api=False, scopes={"get_payment": ("payments.read",)}),
        "scopes names get_payment, which has no route: remove it.",
    ),
    **{
        f"scopes: {scope!r}": (
            lambda scope=scope: _as(PAYMENT, scopes={"get_payment": scope}),
            f"scopes of get_payment are {scope!r}: write a tuple of 1 to 10 scopes without spaces, each of at most 64"
            " characters.",
        )
        for scope in ((), "payments.read", ("payments read",), ("",), ("a" * 65,), tuple(map(str, range(11))))
    },
    "errors: one code twice": (
        lambda: _as(PAYMENT, errors=(NotPacked, type("Unpacked", (NotPacked,), {}))),
        "errors: the code of NotPacked is 'not-packed', which is in use: choose another code.",
    ),
    "errors: no code": (
        lambda: _as(PAYMENT, errors=(Codeless,)),
        "errors: the code of Codeless is 'refused', which is in use: choose another code.",
    ),
    "errors: no refusal": (
        lambda: _as(PAYMENT, errors=(Broken,)),
        "errors: the status of Broken is 500: write a status from 400 to 499.",
    ),
    "errors: a field of no command": (
        lambda: _as(PAYMENT, errors=(type("TooLate", (NotPacked,), {"code": "too-late", "field": "du"}),)),
        "errors: the field of TooLate is 'du', which none of its commands has: write one of amount, currency, "
        "due_date, expected_version, payer, payment_id, subscription_id.",
    ),
    "errors: another status without an answer": (
        lambda: _as(PAYMENT, errors=(type("Gone", (Unavailable,), {"status": 410}),)),
        "errors: the status of Gone is 410: leave it at 503.",
    ),
}


@pytest.mark.parametrize(("build", "sentence"), BAD.values(), ids=BAD)
def test_a_contradictory_context_is_refused(build: Any, sentence: str):
    """Where it is built, in one sentence that begins with the field."""
    with pytest.raises(BadContext) as refused:
        build()
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("queried_by", "indexes"),
    [
        ((), {}),
        (("list",), {"by_list": "list_shard"}),
        (("status",), {"by_status": "status_shard"}),
        (("list", "status"), {"by_list": "list_shard", "by_status": "status_shard"}),
        (("list", "payer"), {"by_list": "list_shard", "by_payer": "payer"}),
        ((By("payer", order="due_date"),), {"by_payer_due_date": "payer"}),
    ],
)
def test_many_aggregates_are_queried_by_the_declared_fields(queried_by: Any, indexes: dict[str, str]):
    """Each costs an index; without any there is no function, and no route."""
    context = _as(PAYMENT, queried_by=queried_by)
    assert context.indexes == indexes
    assert context.queries == (("get_payment", "list_payments") if queried_by else ("get_payment",))
    assert ("list_payments" in context.functions) == ("list_payments" in context.routes) == bool(queried_by)


def test_the_names_of_the_default_context():
    """These names are in AWS, in items and in events: they may not change."""
    assert PAYMENT.title == "Payment"
    assert (PAYMENT.identity, PAYMENT.key_prefix, PAYMENT.referenced_kinds) == (
        "payment_id",
        "PAYMENT#",
        ("subscription",),
    )
    assert PAYMENT.command_functions == ("register_payment", "verify_payment", "delete_payment")
    assert PAYMENT.queries == ("get_payment", "list_payments")
    assert PAYMENT.steps == (
        "register_list",
        "validate_list",
        "verify_subscription",
        "import_list",
        "compensate_error",
    )
    assert PAYMENT.functions == (
        *PAYMENT.command_functions,
        *PAYMENT.queries,
        *PAYMENT.steps,
        "relay_events",
        "measure_lists",
        "watch_lists",
        "sweep_uploads",
        "on_event",
    )
    assert list(PAYMENT.routes.items()) == [
        ("register_payment", "POST /payments"),
        ("verify_payment", "POST /payments/{payment_id}/verify"),
        ("delete_payment", "DELETE /payments/{payment_id}"),
        ("get_payment", "GET /payments/{payment_id}"),
        ("list_payments", "GET /payments"),
    ]
    assert PAYMENT.event_by_status == {"REGISTERED": "PaymentRegistered", "VERIFIED": "PaymentVerified"}
    assert (PAYMENT.initial_status, PAYMENT.deletion_event) == (PaymentStatus.REGISTERED, "PaymentDeleted")
    assert PAYMENT.list_events == ("PaymentListImported", "PaymentListRejected")
    assert PAYMENT.events == ("PaymentRegistered", "PaymentVerified", "PaymentDeleted", *PAYMENT.list_events)
    assert (PAYMENT.amounts, PAYMENT.currency) == (("amount",), "currency")
    assert PAYMENT.currencies == ("CHF", "EUR", "GBP", "USD", "OTHER")
    assert PAYMENT.faults == ("cells", "value", "repeated", "unknown", "exists", "rule", "rule-failed")
    assert PAYMENT.refusals == (
        "invalid",
        "already-exists",
        "not-found",
        "version-conflict",
        "illegal-move",
        "list-open",
        "several-changes",
        "idempotency-key-reused",
        "in-progress",
    )


def test_the_names_of_a_context_with_own_routes_and_refusals():
    """Without a currency, amounts have one sum."""
    assert ORDER.command_functions == ("place_order", "pack_order", "ship_order", "cancel_order")
    assert ORDER.steps[2] == "verify_customer"
    assert list(ORDER.routes.values()) == [
        "POST /orders",
        "POST /orders/{order_id}/pack",
        "PUT /orders/{order_id}/shipment",
        "DELETE /orders/{order_id}",
        "GET /orders/{order_id}",
        "GET /orders",
    ]
    assert ORDER.event_by_status == {status: f"Order{status.title()}" for status in Progress}
    assert (ORDER.amounts, ORDER.currency, ORDER.currencies) == (("weight",), None, ("NONE",))
    assert ORDER.refusals[7:] == ("not-packed", "idempotency-key-reused", "in-progress")


def test_the_names_of_a_context_with_few_answers():
    """No route, no reference, and a name of two words."""
    assert INVOICE.routes == {}
    assert (INVOICE.identity, INVOICE.key_prefix) == ("number", "SALES_INVOICE#")
    assert INVOICE.queries == ("get_sales_invoice", "list_sales_invoices")
    assert INVOICE.steps[2] == "verify_list"
    assert INVOICE.referenced_kinds == ()
    assert INVOICE.faults == ("cells", "value", "repeated", "exists", "rule", "rule-failed")
    assert (INVOICE.amounts, INVOICE.currency) == (("net", "vat"), "billed_in")
    assert list(_as(INVOICE, api=True).routes.values()) == [
        "POST /sales-invoices",
        "DELETE /sales-invoices/{number}",
        "GET /sales-invoices/{number}",
        "GET /sales-invoices",
    ]


@over_contexts
def test_every_measure_of_a_context_has_a_name_of_its_own(context: Context[Any]):
    """Its changes, its refusals, its faults and its amounts."""
    measures = {measure.name: measure for measure in context.measures.all}
    assert len(measures) == len(context.measures.all)
    assert set(context.changes) <= set(measures)
    assert measures["CommandsRefused"].values == context.refusals
    assert measures["RowsRejected"].values == context.faults
    sums = {f"{name.title()}Imported": context.currencies for name in context.amounts}
    assert {name: measure.values for name, measure in measures.items() if measure.dimension == "currency"} == sums


def test_two_declarations_are_never_equal():
    """What is built for a context is kept by it."""
    same = _as(PAYMENT)
    assert same != PAYMENT
    assert len({same, PAYMENT}) == 2


def test_a_context_is_loaded_by_its_name(monkeypatch: pytest.MonkeyPatch):
    """The functions of the library read it from their environment."""
    assert named("payment.context:PAYMENT") is PAYMENT
    monkeypatch.setenv("CONTEXT", "payment.context:PAYMENT")
    assert declared() is PAYMENT


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("", "'' names no context: write <module>:<constant>."),
        ("payment.context", "'payment.context' names no context: write <module>:<constant>."),
        (
            "payment.nothing:PAYMENT",
            "there is no context 'payment.nothing:PAYMENT': No module named 'payment.nothing': write .*",
        ),
        (
            "payment.context:ORDER",
            "there is no context 'payment.context:ORDER': payment.context has no ORDER: write .*",
        ),
    ],
)
def test_a_name_of_no_context_is_refused(reference: str, sentence: str, monkeypatch: pytest.MonkeyPatch):
    """With what is wrong with it."""
    monkeypatch.setenv("CONTEXT", reference)
    with pytest.raises(BadContext, match=f"^{sentence}$"):
        declared()


def test_a_context_without_lists_has_neither_steps_nor_events_of_lists():
    """Its steps, functions, events, faults and metrics follow from the declaration."""
    without = _as(PAYMENT, verification=None, queried_by=("status",), versions={})
    assert (without.has_lists, without.steps, without.list_events, without.faults) == (False, (), (), ())
    assert set(without.functions) == {
        *(*without.command_functions, *without.queries),
        *("relay_events", "watch_mappings", "on_event"),
    }
    assert set(without.events) == set(without.models) == set(PAYMENT.changes)
    lost = {measure.name for measure in PAYMENT.measures.all} - {measure.name for measure in without.measures.all}
    assert lost == {
        *("ListsReceived", "ListsImported", "ListsRejected", "ListsFailed", "ListsLate", "ListDuration"),
        *(
            "OldestUnfinishedListAge",
            "OldestWaitingListAge",
            "UploadsBroken",
            "UploadsQuarantined",
            "UploadsUnseen",
            "RowsImported",
        ),
        *("RowsRejected", "RuleSeconds", "AmountImported"),
    }
