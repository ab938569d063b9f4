"""The journey of a logistics context: change requests whose features meet in one aggregate."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from .journey import Journey

ANSWERS = {
    "context_name": "Shipment",
    "fields": "carrier_id:str pickup_day:date weight:decimal3 declared_value:decimal currency:currency "
    "recipient:str:personal phone:phone:personal service:economy|express|freight",
    "commands": "BookShipment:creates:ShipmentBooked "
    "PickUpShipment(pickup_weight:decimal3,driver:str):changes:ShipmentPickedUp "
    "DeliverShipment(received_by:str:personal,delivered_on:date):changes:ShipmentDelivered "
    "LoseShipment:changes:ShipmentLost:BOOKED|PICKED_UP "
    "CancelShipment(reason:str):changes:ShipmentCancelled:BOOKED|PICKED_UP DeleteShipment:deletes:ShipmentDeleted",
    "verification": "VerifyCarrier",
}

MOST_LINES: Final = {
    "fields and commands": 0,
    "a rule of weight and day": 45,
    "the shipments of a carrier": 2,
    "tracking points": 50,
    "a suspended carrier": 85,
    "a deadline": 20,
    "a summary": 45,
    "times and renamed fields": 40,
    "an approval": 20,
}
"""The bound of the lines written by hand, by request."""


def fields_and_commands(journey: Journey) -> None:
    """Request 1: the answers of the bake."""
    journey.done(
        "fields and commands",
        '''
def test_a_shipment_is_cancelled_before_and_after_its_pickup(running: Running) -> None:
    """And the arguments of each command are published."""
    for number, way in enumerate(([], [("pick_up_shipment", {"pickup_weight": "2.500", "driver": "Grace"})])):
        [shipment] = running.rows(1)
        identity = {"shipment_id": shipment["shipment_id"]}
        assert running.invoke("book_shipment", shipment)["ok"]
        for command, arguments in (*way, ("cancel_shipment", {"reason": "no driver"})):
            assert running.invoke(command, identity | arguments)["ok"]
        for received in running.events(shipment["shipment_id"], 2 + number).values():
            assert (received[-1]["type"], received[-1]["data"]["reason"]) == ("ShipmentCancelled", "no driver")
''',
    )


def a_rule_of_weight_and_day(journey: Journey) -> None:
    """Request 2: express shipments are light, and a pickup is not in the past."""
    journey.add(
        "src/shipment/model.py",
        '''

class TooHeavy(BusinessError):
    """The shipment is over the weight of its service."""

    code = "too-heavy"
    status = 422
    title = "The weight is over the limit of the service"
    field = "weight"


class PickupInThePast(BusinessError):
    """The day of the pickup is over."""

    code = "pickup-in-the-past"
    status = 422
    title = "The day of the pickup is over"
    field = "pickup_day"
''',
    )
    journey.replace("src/shipment/model.py", "    Amount,\n", "    Amount,\n    BusinessError,\n")
    journey.replace("src/shipment/use_cases.py", "import Aggregates, expected", "import Aggregates, expected, today")
    journey.replace(
        "src/shipment/use_cases.py",
        "    details = ShipmentDetails.of(command)\n",
        '    if command.service == "express" and command.weight > 30:\n'
        '        raise TooHeavy("an express shipment has at most 30 kg")\n'
        "    if command.pickup_day < today():\n"
        '        raise PickupInThePast("the day of the pickup is over")\n'
        "    details = ShipmentDetails.of(command)\n",
    )
    for file, names in (("use_cases", "Shipment, ShipmentDetails, Status"), ("context", "Shipment, Status")):
        own = f"model import PickupInThePast, {names}, TooHeavy"
        journey.replace(f"src/shipment/{file}.py", f"model import {names}", own)
    declared = 'book_shipment, Status.BOOKED, "ShipmentBooked"'
    journey.replace("src/shipment/context.py", declared, f"{declared}, errors=(TooHeavy, PickupInThePast)")
    journey.add(
        "tests/samples.py",
        '''"""Samples that the rules accept."""

from datetime import timedelta

from bounded_context import today


def shipment(number: int) -> dict[str, str]:
    """Return the values of a sample that are not generated."""
    return {"pickup_day": (today() + timedelta(days=1 + number % 90)).isoformat(), "weight": f"{number % 30}.125"}
''',
    )
    journey.add("pyproject.toml", 'samples = "tests.samples:shipment"\n', after="context = ")
    journey.context("contracts", "openapi")
    journey.done(
        "a rule of weight and day",
        '''
def test_commands_and_rows_obey_the_rule(running: Running) -> None:
    """With the codes of the partner's page."""
    heavy, past = {"service": "express", "weight": "30.001"}, {"pickup_day": "2020-01-31"}
    for values, code in ((heavy, "too-heavy"), (past, "pickup-in-the-past")):
        [shipment] = running.rows(1)
        assert running.invoke("book_shipment", shipment | values)["error"]["code"] == code
    rows = running.rows(2)
    report = running.upload([rows[0] | heavy, rows[1] | past]).rejections()
    assert {("weight", "too-heavy"), ("pickup_day", "pickup-in-the-past")} <= {
        (line["field"], line["code"]) for line in report
    }
''',
    )


def the_shipments_of_a_carrier(journey: Journey) -> None:
    """Request 3: by the day of their pickup."""
    journey.replace("src/shipment/context.py", "import Command", "import By, Command")
    journey.replace(
        "src/shipment/context.py",
        'queried_by=("list",)',
        'queried_by=("list", "status", By("carrier_id", order="pickup_day"))',
    )
    journey.context("openapi", "contracts")
    journey.done(
        "the shipments of a carrier",
        '''
def test_the_shipments_of_a_carrier_are_in_the_order_of_their_pickups(running: Running) -> None:
    """Page by page."""
    days = [(date.today() + timedelta(days=number)).isoformat() for number in (4, 2, 3)]
    for row, day in zip(running.rows(3), days, strict=True):
        assert running.invoke("book_shipment", row | {"carrier_id": "carrier-1", "pickup_day": day})["ok"]
    question, listed = {"carrier_id": "carrier-1", "limit": 2}, []
    while len(listed) < 3:
        page = running.invoke("list_shipments", question)
        listed += [shipment["pickup_day"] for shipment in page["items"]]
        question["cursor"] = page["next_cursor"]
    assert listed == sorted(days)
''',
    )


def tracking_points(journey: Journey) -> None:
    """Request 4: children with a time, an enumeration, a decimal and a personal text."""
    library = "from bounded_context import"
    journey.replace("src/shipment/model.py", "    Aggregate,\n", "    Aggregate,\n    Child,\n    Timestamp,\n")
    for module, names in (("commands", "AddTrackingPoint"), ("model", "TrackingPoint")):
        for file in ("use_cases", "context"):
            own = f"from .{module} import"
            journey.replace(f"src/shipment/{file}.py", own, f"{own} {names}\n{own}")
    journey.replace("src/shipment/context.py", library, f"{library} Children\n{library}")
    journey.replace(
        "src/shipment/context.py",
        "from .use_cases import",
        "from .use_cases import add_tracking_point\nfrom .use_cases import",
    )
    journey.replace("src/shipment/commands.py", library, f"{library} Signed2, Timestamp\n{library}")
    journey.replace("src/shipment/commands.py", "import Annotated", "import Annotated, Literal")
    journey.replace("src/shipment/model.py", "    State,\n", "    Signed2,\n    State,\n")
    fields = """    passed_at: Timestamp
    place: Literal["depot", "hub", "door"]
    temperature: Signed2
    scanned_by: Annotated[Text, Personal]
"""
    journey.add(
        "src/shipment/model.py",
        f'\n\nclass TrackingPoint(Child):\n    """A place that a shipment passed."""\n\n{fields}',
    )
    journey.add(
        "src/shipment/commands.py",
        f'\n\nclass AddTrackingPoint(Change):\n    """Add a place."""\n\n    shipment_id: Identifier\n{fields}',
    )
    journey.add(
        "src/shipment/use_cases.py",
        '''

def add_tracking_point(command: AddTrackingPoint, shipments: Aggregates[Shipment]) -> Shipment:
    """Add a place that the shipment passed."""
    point = TrackingPoint(
        passed_at=command.passed_at,
        place=command.place,
        temperature=command.temperature,
        scanned_by=command.scanned_by,
    )
    changed = expected(command, shipments).adding(point)
    shipments.save(changed)
    return changed
''',
    )
    journey.add(
        "src/shipment/context.py",
        "        Command.adds(\n"
        "            AddTrackingPoint,\n            add_tracking_point,\n            TrackingPoint,\n"
        '            "ShipmentTracked",\n            after=(Status.BOOKED, Status.PICKED_UP),\n        ),\n',
        after="commands=(",
    )
    journey.add(
        "src/shipment/context.py",
        '    children=(Children(TrackingPoint, "tracking_points", most=100),),\n',
        after="aggregate=Shipment,",
    )
    journey.context("contracts", "openapi")
    journey.done(
        "tracking points",
        '''
def test_tracking_points_are_published_and_listed(running: Running) -> None:
    """And refused after a cancellation."""
    [shipment] = running.rows(1)
    identity = {"shipment_id": shipment["shipment_id"]}
    point = {"passed_at": "2026-01-31T12:00:00+01:00", "place": "hub", "temperature": "-4.50", "scanned_by": "Ada"}
    assert running.invoke("book_shipment", shipment)["ok"]
    for number in range(2):
        answer = running.invoke("add_tracking_point", identity | point, f"{identity}-{number}")
        assert answer["shipment"]["tracking_point"]["number"] == number + 1
        assert running.invoke("add_tracking_point", identity | point, f"{identity}-{number}") == answer
    [first, second] = running.invoke("list_shipment_tracking_points", identity)["items"]
    assert point.items() <= first.items()
    for received in running.events(shipment["shipment_id"], 3).values():
        assert received[-1]["type"] == "ShipmentTracked"
        assert received[-1]["data"]["tracking_point"] == second
    assert running.invoke("cancel_shipment", identity | {"reason": "lost"})["ok"]
    assert running.invoke("add_tracking_point", identity | point)["error"]["code"] == "illegal-move"
''',
    )


_CONSUMES = """
  shipment:consumes:
    carrier:
      topic: /carrier/{stack}/topic-arn
      created_by: [CarrierRegistered, CarrierSuspended]
      deleted_by: [CarrierDeleted]
"""


def a_suspended_carrier(journey: Journey) -> None:
    """Request 5: its booked shipments are cancelled with a reason, and it gets no new shipments, also not by rows."""
    journey.add(
        "src/shipment/reactions.py",
        '''"""The reactions to the events of other contexts."""

from bounded_context import ReceivedEvent

from .commands import CancelShipment
from .model import Shipment, Status


def cancel_shipments(event: ReceivedEvent, shipment: Shipment) -> CancelShipment | None:
    """Cancel the booked shipments of a suspended carrier."""
    if shipment.status is not Status.BOOKED:
        return None
    return CancelShipment(shipment_id=shipment.id, reason=str(event.data.get("state", "suspended")))
''',
    )
    journey.add(
        "src/shipment/carriers.py",
        '''"""The carriers, which another context owns."""

from collections.abc import Mapping
from typing import Any

from bounded_context import BusinessError, aws
from bounded_context.lists import TypedRow

from .model import ShipmentDetails


class CarrierSuspended(BusinessError):
    """The carrier gets no shipments."""

    code = "carrier-suspended"
    status = 409
    title = "The carrier is suspended"
    field = "carrier_id"


def require_active(carrier_id: str) -> None:
    """Raise CarrierSuspended for a suspended carrier."""
    carrier = aws.copies("carrier").get(carrier_id)
    if carrier and carrier.get("state") == "SUSPENDED":
        raise CarrierSuspended("the carrier is suspended")


def fits(row: TypedRow[ShipmentDetails], carrier: Mapping[str, Any]) -> str | None:
    """Return why the carrier of a row cannot transport it."""
    limit = carrier.get("limit")
    return f"the carrier transports at most {limit} kg" if limit and row.details.weight > limit else None
''',
    )
    journey.replace(
        "src/shipment/use_cases.py",
        '    if command.service == "express"',
        '    require_active(command.carrier_id)\n    if command.service == "express"',
    )
    journey.add("src/shipment/use_cases.py", "from .carriers import require_active\n", after="from bounded_context")
    own = "from .carriers import CarrierSuspended\nfrom .reactions import cancel_shipments\n"
    journey.replace("src/shipment/context.py", "from .commands import", f"{own}from .commands import")
    journey.replace(
        "src/shipment/context.py",
        "errors=(TooHeavy, PickupInThePast)",
        "errors=(TooHeavy, PickupInThePast, CarrierSuspended)",
    )
    journey.replace("src/shipment/context.py", "Command, Context\n", "Command, Context, Copy, Reaction\n")
    journey.replace(
        "src/shipment/context.py",
        'references={"carrier_id": "carrier"},\n',
        'references={"carrier_id": Copy("carrier", fields=("state", "limit"))},\n'
        '    reactions=(Reaction("carrier", "CarrierSuspended", cancel_shipments, by="carrier_id"),),\n',
    )
    journey.replace(
        "src/shipment/list_steps.py",
        '        aws.known(SHIPMENT, "carrier_id"),\n',
        '        aws.known(SHIPMENT, "carrier_id"),\n        aws.copied(SHIPMENT, "carrier_id", fits),\n',
    )
    journey.add("src/shipment/list_steps.py", "from .carriers import fits\n", after="from .context import")
    local = "infra/service/Pulumi.local.yaml"
    journey.replace(local, "created_by: [CarrierRegistered]", "created_by: [CarrierRegistered, CarrierSuspended]")
    for stack in ("dev", "staging", "prod"):
        journey.add(f"infra/service/Pulumi.{stack}.yaml", _CONSUMES.format(stack=stack).lstrip("\n"))
    journey.context("contracts", "openapi")
    journey.done(
        "a suspended carrier",
        '''
def test_a_suspended_carrier_loses_its_booked_shipments(running: Running) -> None:
    """With a reason, and the points stay. New shipments are refused."""
    rows = [row | {"carrier_id": "C-suspended"} for row in running.rows(4)]
    for row in rows[:2]:
        assert running.invoke("book_shipment", row)["ok"]
    booked, picked_up = ({"shipment_id": row["shipment_id"]} for row in rows[:2])
    point = {"passed_at": "2026-01-31T12:00:00Z", "place": "hub", "temperature": "0.00", "scanned_by": "Ada"}
    assert running.invoke("add_tracking_point", booked | point)["ok"]
    assert running.invoke("pick_up_shipment", picked_up | {"pickup_weight": "1.000", "driver": "Grace"})["ok"]
    data = {"state": "SUSPENDED", "limit": 5}
    running.publish("carrier", "CarrierSuspended", "C-suspended", data=data)
    for received in running.events(booked["shipment_id"], 3).values():
        assert [event["type"] for event in received] == ["ShipmentBooked", "ShipmentTracked", "ShipmentCancelled"]
        assert received[-1]["data"]["reason"] == "SUSPENDED"
    assert len(running.invoke("list_shipment_tracking_points", booked)["items"]) == 1
    assert (running.item(picked_up["shipment_id"]) or {})["status"] == "PICKED_UP"
    assert running.invoke("book_shipment", rows[2])["error"]["code"] == "carrier-suspended"
    report = running.upload([rows[2], rows[3] | {"weight": "5.001"}]).rejections()
    assert {(line["line"], line["field"]) for line in report} >= {("2", "carrier_id"), ("3", "carrier_id")}
''',
    )


def a_deadline(journey: Journey) -> None:
    """Request 6: a shipment that is picked up and not delivered for five days is lost."""
    journey.add(
        "src/shipment/deadlines.py",
        '''"""The rules of deadlines: the commands of shipments that stay in a status."""

from .commands import LoseShipment
from .model import Shipment


def lose_undelivered(shipment: Shipment) -> LoseShipment | None:
    """Report a shipment as lost, except for freight."""
    return None if shipment.details.service == "freight" else LoseShipment(shipment_id=shipment.id)
''',
    )
    journey.replace("src/shipment/context.py", "Copy, Reaction", "Copy, Deadline, Reaction")
    journey.replace(
        "src/shipment/context.py",
        "from bounded_context import By",
        "from datetime import timedelta\n\nfrom bounded_context import By",
    )
    journey.add("src/shipment/context.py", "from .deadlines import lose_undelivered\n", after="from .carriers import")
    journey.add(
        "src/shipment/context.py",
        "    deadlines=(Deadline(Status.PICKED_UP, after=timedelta(days=5), command=lose_undelivered),),\n",
        after="api=True,",
    )
    journey.context("contracts", "openapi")
    journey.done(
        "a deadline",
        '''
def test_an_undelivered_shipment_is_lost(running: Running) -> None:
    """A tracking point does not prolong its time."""
    rows = running.rows(2)
    rows = [row | {"service": service} for row, service in zip(rows, ("economy", "freight"), strict=True)]
    point = {"passed_at": "2026-01-31T12:00:00Z", "place": "door", "temperature": "1.50", "scanned_by": "Ada"}
    for row in rows:
        identity = {"shipment_id": row["shipment_id"]}
        assert running.invoke("book_shipment", row)["ok"]
        assert running.invoke("pick_up_shipment", identity | {"pickup_weight": "1.000", "driver": "Grace"})["ok"]
        due = (running.item(row["shipment_id"]) or {})["status-due"].partition("#")[0]
        assert running.invoke("add_tracking_point", identity | point)["ok"]
        assert (running.item(row["shipment_id"]) or {})["status-due"].partition("#")[0] == due
    later = datetime.now(UTC) + timedelta(days=6)
    running.deployed.invoke("meet_deadlines", {"time": later.isoformat()})
    assert [(running.item(row["shipment_id"]) or {})["status"] for row in rows] == ["LOST", "PICKED_UP"]
    for received in running.events(rows[0]["shipment_id"], 4).values():
        assert received[-1]["type"] == "ShipmentLost"
''',
    )


def a_summary(journey: Journey) -> None:
    """Request 7: the number and weight of a carrier's shipments, as a typed route."""
    journey.add(
        "src/shipment/routes.py",
        '''"""The routes of the API besides those of commands and queries."""

from collections.abc import Iterator
from decimal import Decimal

from bounded_context import aws
from bounded_context.handlers import route
from pydantic import BaseModel, Field

from .context import SHIPMENT
from .model import Shipment, Status


class SummaryQuery(BaseModel):
    """A carrier."""

    carrier_id: str = Field(max_length=200, examples=["carrier-1"])


class Summary(BaseModel):
    """The number and the weight of a carrier's shipments."""

    shipments: int
    weight: Decimal
    by_status: dict[Status, int]


def shipments_of(carrier_id: str) -> Iterator[Shipment]:
    """Yield the shipments of a carrier, a hundred in a request."""
    after: str | None = ""
    while after is not None:
        page = aws.shards(SHIPMENT).with_value("carrier_id", carrier_id, after, 100)
        yield from page.aggregates
        after = page.last


@route(SHIPMENT, "GET /carriers/{carrier_id}/summary")
def carrier_summary(request: SummaryQuery) -> Summary:
    """Return the number and the weight of a carrier's shipments."""
    shipments = list(shipments_of(request.carrier_id))
    statuses = [shipment.status for shipment in shipments]
    weight = sum((shipment.details.weight for shipment in shipments), Decimal(0))
    by_status = {status: statuses.count(status) for status in sorted(set(statuses))}
    return Summary(shipments=len(shipments), weight=weight, by_status=by_status)
''',
    )
    journey.context("openapi", "contracts")
    journey.done(
        "a summary",
        '''
def test_a_summary_has_the_shipments_of_its_carrier(running: Running) -> None:
    """In each status."""
    rows = [row | {"carrier_id": "C-summary", "weight": "1.250"} for row in running.rows(3)]
    for row in rows:
        assert running.invoke("book_shipment", row)["ok"]
    assert running.invoke("cancel_shipment", {"shipment_id": rows[0]["shipment_id"], "reason": "none"})["ok"]
    answer = running.invoke("carrier_summary", {"carrier_id": "C-summary"})["answer"]
    assert answer == {"shipments": 3, "weight": "3.750", "by_status": {"BOOKED": 2, "CANCELLED": 1}}
''',
    )


def times_and_renamed_fields(journey: Journey) -> None:
    """Request 8: the reference, the order of its query, and a personal field have new names; items show their times."""
    journey.add("src/shipment/context.py", "    times=True,\n", after="aggregate=Shipment,")
    for old, new in (
        ("carrier_id: Text", 'haulier_id: Annotated[Text, Renamed("carrier_id")]'),
        ("pickup_day: Day", 'collection_day: Annotated[Day, Renamed("pickup_day")]'),
        ("recipient: Annotated[Text, Personal]", 'consignee: Annotated[Text, Personal, Renamed("recipient")]'),
        ('field = "pickup_day"', 'field = "collection_day"'),
        ("    Phone,\n", "    Phone,\n    Renamed,\n"),
    ):
        journey.replace("src/shipment/model.py", old, new)
    for file, old, new in (
        ("src/shipment/use_cases.py", "command.carrier_id", "command.haulier_id"),
        ("src/shipment/use_cases.py", "command.pickup_day", "command.collection_day"),
        ("src/shipment/carriers.py", 'field = "carrier_id"', 'field = "haulier_id"'),
        ("src/shipment/context.py", 'By("carrier_id", order="pickup_day")', 'By("haulier_id", order="collection_day")'),
        ("src/shipment/context.py", '{"carrier_id": Copy', '{"haulier_id": Copy'),
        ("src/shipment/context.py", 'by="carrier_id"', 'by="haulier_id"'),
        ("src/shipment/list_steps.py", 'known(SHIPMENT, "carrier_id")', 'known(SHIPMENT, "haulier_id")'),
        ("src/shipment/list_steps.py", '"carrier_id", fits', '"haulier_id", fits'),
        ("src/shipment/routes.py", 'with_value("carrier_id"', 'with_value("haulier_id"'),
        ("tests/samples.py", '"pickup_day"', '"collection_day"'),
    ):
        journey.replace(file, old, new)
    journey.context("contracts", "openapi")
    journey.done(
        "times and renamed fields",
        '''
PAIRS = {"haulier_id": "carrier_id", "collection_day": "pickup_day", "consignee": "recipient"}


def test_both_names_are_accepted_queried_and_published(running: Running) -> None:
    """With the times of the item."""
    [new, old] = [row | {"haulier_id": "C-renamed"} for row in running.rows(2)]
    earlier = {PAIRS.get(name, name): value for name, value in old.items()}
    for row in (new, earlier):
        answer = running.invoke("book_shipment", row)["shipment"]
        assert all(answer[name] == answer[before] for name, before in PAIRS.items())
        assert answer["created_at"] == answer["changed_at"]
        assert set(PAIRS.values()) <= (running.item(row["shipment_id"]) or {}).keys()
    for name in ("haulier_id", "carrier_id"):
        page = running.invoke("list_shipments", {name: "C-renamed", "limit": 1})
        rest = running.invoke("list_shipments", {name: "C-renamed", "cursor": page["next_cursor"]})
        days = [item["pickup_day"] for item in (*page["items"], *rest["items"])]
        assert days == sorted(row["collection_day"] for row in (new, old))
    assert running.invoke("carrier_summary", {"carrier_id": "C-renamed"})["answer"]["shipments"] == 2
    point = {"passed_at": "2026-01-31T12:00:00Z", "place": "hub", "temperature": "0.00", "scanned_by": "Ada"}
    answer = running.invoke("add_tracking_point", {"shipment_id": new["shipment_id"]} | point)["shipment"]
    assert answer["changed_at"] > answer["created_at"]
    running.publish("carrier", "CarrierSuspended", "C-renamed", data={"state": "SUSPENDED", "limit": 5})
    for row, count in ((new, 3), (old, 2)):
        for received in running.events(row["shipment_id"], count).values():
            data = received[-1]["data"]
            assert (received[-1]["type"], data["reason"]) == ("ShipmentCancelled", "SUSPENDED")
            assert all(data[name] == data[before] for name, before in PAIRS.items())
    rows = [{PAIRS.get(name, name): value for name, value in row.items()} for row in running.rows(3)]
    running.deployed.table.know_references(row["carrier_id"] for row in rows[:2])
    report = running.upload([*rows[:2], rows[2] | {"carrier_id": "C-renamed"}]).rejections()
    assert {(line["field"], line["code"]) for line in report} >= {("haulier_id", "carrier-suspended")}
    result = running.upload(rows[:2])
    assert (result.outcome, result.imported) == ("IMPORTED", 2)
''',
    )


def an_approval(journey: Journey) -> None:
    """Request 9: a person approves lists above a total."""
    journey.add(
        "src/shipment/approval.py",
        '''"""The lists that a person approves before their import."""

from typing import Final

from bounded_context import ListApproval, ListTotals


def needs_approval(totals: ListTotals) -> bool:
    """Return whether the sum of a list in a currency is above the limit."""
    return totals.highest("declared_value") > 1_000_000


APPROVAL: Final = ListApproval(needs_approval, days=7)
''',
    )
    journey.add("src/shipment/context.py", "from .approval import APPROVAL\n", after="from .carriers import")
    journey.add("src/shipment/context.py", "    approval=APPROVAL,\n", after="verification=")
    journey.context("contracts", "openapi")
    journey.done(
        "an approval",
        '''
def test_a_large_list_waits_and_has_both_names(running: Running) -> None:
    """Rejected, it has no rows. Approved, its shipments have deadlines after their pickup."""
    def large() -> list[dict[str, str]]:
        rows = [row | {"declared_value": "600000.00", "currency": "EUR"} for row in running.rows(2)]
        running.deployed.table.know_references(row["haulier_id"] for row in rows)
        return rows

    assert running.upload(large(), reject="a wrong total").outcome == "REJECTED"
    rows = large()
    done = running.upload(rows)
    assert (done.outcome, done.imported) == ("IMPORTED", 2)
    assert done.record["decided_by"]
    arguments = {"shipment_id": rows[0]["shipment_id"], "pickup_weight": "1.000", "driver": "Grace"}
    assert running.invoke("pick_up_shipment", arguments)["ok"]
    assert "status-due" in (running.item(rows[0]["shipment_id"]) or {})
''',
    )


REQUESTS: Final[tuple[Callable[[Journey], None], ...]] = (
    *(fields_and_commands, a_rule_of_weight_and_day, the_shipments_of_a_carrier, tracking_points),
    *(a_suspended_carrier, a_deadline, a_summary, times_and_renamed_fields, an_approval),
)


@pytest.mark.e2e
@pytest.mark.nightly
def test_the_requests_of_a_logistics_context(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After each, the check is green, and the running context behaves as requested."""
    journey = Journey.of(tmp_path, ANSWERS)
    for request in REQUESTS:
        request(journey)
    with capsys.disabled():
        sys.stdout.writelines(f"\n{title}: {effort}" for title, effort in journey.written.items())
    assert [title for title, effort in journey.written.items() if effort.lines > MOST_LINES[title]] == []
