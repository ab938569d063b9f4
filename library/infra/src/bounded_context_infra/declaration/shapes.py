"""The types of a declaration's fields: a tuple that lacks its comma, a list, or None in place of a tuple."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, ValidationError

from bounded_context.declaration.structure import By, Structure
from bounded_context.domain.aggregate import Aggregate, BusinessError, Command
from bounded_context.domain.children import Children
from bounded_context.domain.deadlines import Deadline
from bounded_context.domain.events import PreviousVersion
from bounded_context.domain.exports import Export
from bounded_context.domain.lists import ListApproval
from bounded_context.domain.reactions import Reaction


class _Shape(BaseModel):
    """The fields of a declaration, each with its type and an example."""

    model_config = ConfigDict(strict=True, from_attributes=True)

    name: str = Field(examples=['"order"'])
    plural: str = Field(examples=['"orders"'])
    display_name: str = Field(examples=['"Order"'])
    owner: str = Field(examples=['"team-orders"'])
    aggregate: type[Aggregate] = Field(examples=["Order, the class of the aggregate"])
    commands: tuple[InstanceOf[Command[Any, Any]], ...] = Field(examples=["(Command.creates(...), ...)"])
    data: type[BaseModel] = Field(examples=["OrderData, the class of the data of events"])
    versions: Mapping[str, str] = Field(examples=['{"OrderPlaced": "1.0"}'])
    previous_version: InstanceOf[PreviousVersion] | None = Field(examples=["PreviousVersion(...)", "None"])
    deprecated: Mapping[str, Any] = Field(examples=['{"OrderPlaced.1": "2027-03-31"}'])
    references: Mapping[str, str] = Field(examples=['{"customer_id": "customer"}'])
    reactions: tuple[InstanceOf[Reaction[Any]], ...] = Field(examples=["(Reaction(...),), with a comma"])
    verification: str | None = Field(examples=['"verify_customer"', "None"])
    approval: InstanceOf[ListApproval] | None = Field(examples=["ListApproval(...)", "None"])
    queried_by: tuple[str | InstanceOf[By], ...] = Field(examples=['("status",), with a comma'])
    subscribers: tuple[str, ...] = Field(examples=['("billing",), with a comma'])
    api: bool = Field(examples=["True", "False"])
    times: bool = Field(examples=["True", "False"])
    scopes: Mapping[str, Any] = Field(examples=['{"place_order": ("orders.write",)}'])
    errors: tuple[type[BusinessError], ...] = Field(examples=["(NotPacked,), with a comma"])
    children: tuple[InstanceOf[Children], ...] = Field(examples=["(Children(...),), with a comma"])
    deadlines: tuple[InstanceOf[Deadline[Any]], ...] = Field(examples=["(Deadline(...),), with a comma"])
    exports: tuple[InstanceOf[Export], ...] = Field(examples=["(Export(...),), with a comma"])


def contradictions(context: Structure[Any]) -> Iterator[str]:
    """Yield a sentence for each field whose value is of another type."""
    try:
        _Shape.model_validate(context)
    except ValidationError as error:
        for field in dict.fromkeys(str(detail["loc"][0]) for detail in error.errors(include_url=False)):
            examples = _Shape.model_fields[field].examples or ()
            yield f"{field} is {getattr(context, field)!r}: write {' or '.join(examples)}."
    for command in context.commands:
        if not isinstance(command.after, tuple):
            yield f"commands: after of {command.name} is {command.after!s}, and no tuple: write a comma after it."
