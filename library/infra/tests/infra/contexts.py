"""Contexts of other shapes than the default one, built in code: the program must fit each of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from types import new_class
from typing import Annotated, Any

from bounded_context import (
    Aggregate,
    Amount,
    Archive,
    BusinessError,
    By,
    Change,
    Child,
    Children,
    Command,
    Context,
    Currency,
    Day,
    Deadline,
    Details,
    EventData,
    Export,
    Identifier,
    LongText,
    Personal,
    Reaction,
    Text,
    WholeNumber,
)
from bounded_context_infra.configuration.labels import NAME_LIMIT
from bounded_context_infra.configuration.project import current

DEFAULT: Context[Any] = current().context


class Status(StrEnum):
    FILED = "FILED"
    ASSESSED = "ASSESSED"


class VATReturnDetails(Details):
    vat_return_id: Identifier
    period: Day
    pages: WholeNumber


class VATReturn(Aggregate[VATReturnDetails, Status]): ...


class FileVATReturn(VATReturnDetails): ...


class AssessVATReturn(Change):
    vat_return_id: Identifier


class WithdrawVATReturn(Change):
    vat_return_id: Identifier


class TooLate(BusinessError):
    """The period is over."""

    code = "too-late"
    status = 409
    title = "The period is over"


class VATReturnData(EventData):
    vat_return_id: Identifier


def _rule(_command: Any, _aggregates: Any) -> Any:
    """Stand for any rule: the infrastructure calls none."""
    raise NotImplementedError


OTHER: Context[Any] = Context(
    name="vat_return",
    plural="vat_returns",
    display_name="MwSt-Abrechnung",
    owner="tax-team",
    aggregate=VATReturn,
    commands=(
        Command.creates(FileVATReturn, _rule, Status.FILED, "VATReturnFiled"),
        Command.changes(
            AssessVATReturn,
            _rule,
            Status.ASSESSED,
            "VATReturnAssessed",
            "PUT /vat-returns/{vat_return_id}/assessment",
            after=(Status.FILED,),
        ),
        Command.deletes(WithdrawVATReturn, _rule, "VATReturnWithdrawn", after=tuple(Status)),
    ),
    data=VATReturnData,
    versions=dict.fromkeys(
        ("VATReturnFiled", "VATReturnAssessed", "VATReturnWithdrawn", "VATReturnListImported", "VATReturnListRejected"),
        "1.0",
    ),
    queried_by=("list", "status"),
    subscribers=("audit", "bi", "front-end", "ledger", "tax_office"),
    errors=(TooLate,),
)
"""Without references, amounts and currency, with five subscribers, a refusal and a route of its own."""


class _PricedDetails(VATReturnDetails):
    kind0: Amount
    kind1: Amount
    kind2: Amount
    currency: Currency


class _FilePriced(_PricedDetails): ...


AMOUNTS: Context[Any] = replace(
    OTHER,
    aggregate=new_class("VATReturn", (Aggregate[_PricedDetails, Status],)),
    commands=(Command.creates(_FilePriced, _rule, Status.FILED, "VATReturnFiled"), *OTHER.commands[1:]),
)
"""With three amounts."""


def of_commands(names: Sequence[str], **fields: Any) -> Context[Any]:
    """The default context, whose changing commands have these names."""
    statuses: Any = StrEnum("_Many", {f"STATUS_{number:02}": f"STATUS_{number:02}" for number in range(len(names) + 1)})
    first, *others = statuses
    creates, deletes = (command for command in DEFAULT.commands if command.kind != "changes")
    changes = (_change(name, status, first) for name, status in zip(names, others, strict=True))
    commands = (replace(creates, status=first), replace(deletes, after=tuple(statuses)), *changes)
    return replace(
        DEFAULT,
        aggregate=new_class(DEFAULT.title, (Aggregate[DEFAULT.details, statuses],)),
        commands=commands,
        versions=dict.fromkeys((*(command.event for command in commands), *DEFAULT.list_events), "1.0"),
        **fields,
    )


def _change(name: str, status: StrEnum, before: StrEnum) -> Command[Any, Any]:
    model = type(name, (Change,), {"__annotations__": {DEFAULT.identity: Identifier}})
    return Command.changes(model, _rule, status, f"Event{status.name.removeprefix('STATUS_')}", after=(before,))


def _longest(number: int) -> str:
    """A command whose function has a name as long as it may be."""
    room = NAME_LIMIT - len(f"{DEFAULT.name}-prod-command{number:02}_")
    return f"Command{number:02}X{'x' * (room - 1)}"


LARGE = of_commands(
    [_longest(number) for number in range(1, 19)], subscribers=tuple(f"subscriber-{number}" for number in range(10))
)
"""As large as a context may become: 20 commands with names as long as they may be, 10 subscribers."""


class Remark(Child):
    """A child with personal data."""

    text: LongText
    by: Annotated[Text, Personal] | None = None


_ADD_REMARK = type("AddRemark", (Change,), {"__annotations__": {DEFAULT.identity: Identifier, "text": LongText}})
WITH_CHILDREN = replace(
    DEFAULT,
    commands=(
        *DEFAULT.commands,
        Command.adds(_ADD_REMARK, _rule, Remark, "RemarkAdded", after=tuple(DEFAULT.statuses)),
    ),
    children=(Children(Remark, "remarks", most=500),),
    queried_by=("list", By("payer", order="due_date", newest_first=True)),
    versions={},
)


DEADLINES = replace(
    DEFAULT, deadlines=(Deadline(DEFAULT.initial_status, after=timedelta(days=30), command=lambda _: None),)
)
"""With a deadline of the first status."""

ARCHIVE = replace(DEFAULT, subscribers=("frontend", Archive("bi", days=400)))
"""With an archive for analysts."""


EXPORTS: Context[Any] = replace(
    DEFAULT,
    exports=(
        Export("daily", ("payment_id", "amount", "payer"), "cron(0 18 * * ? *)", ("acme",), changed=True),
        Export("all_payments", ("payment_id", "status"), "rate(7 days)", ("acme", "globex")),
    ),
)
"""With two exports, for partners that a stack has to have."""

REACTING: Context[Any] = replace(
    DEFAULT, reactions=(Reaction("elsewhere", "ShopOpened", lambda _event, _aggregate: None, by=DEFAULT.identity),)
)
"""With a reaction to an event of another context."""

HEARD = {"elsewhere": {"topic": "/elsewhere/prod/topic-arn", "created_by": ["ShopOpened"]}}
"""The setting `consumes` of a stack with the reaction."""

SHAPES: dict[str, Context[Any]] = {
    "the default": DEFAULT,
    "without an API": replace(DEFAULT, api=False),
    "without references": replace(DEFAULT, references={}, verification="verify_list"),
    "other names": OTHER,
    "the largest": LARGE,
    "without subscribers": replace(DEFAULT, subscribers=()),
    "with a deadline": DEADLINES,
    "listed by status": replace(DEFAULT, queried_by=("status",)),
    "with children and an order": WITH_CHILDREN,
    "with an archive": ARCHIVE,
}
