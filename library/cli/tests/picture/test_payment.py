"""The default context's picture."""

import pytest

from bounded_context_cli.views.picture import Picture, picture
from tests.infra.contexts import EXPORTS
from tests.infra.graph import CONTEXT, DELIVERED, STACKS, run, run_context

from .written import keys, said


@pytest.fixture(scope="module")
def payment() -> Picture:
    return picture(CONTEXT, run("prod"), "prod")


def test_every_resource_of_the_context_is_drawn_and_no_supporting_resource(payment: Picture) -> None:
    """No alarm, log group, key, role, queue of dead letters, nor what looks at releases."""
    functions = {f"function {name}" for name in CONTEXT.functions}
    assert keys(payment) == functions | {
        *("HTTP API api", "SFTP server sftp", "bucket inbox", "queue inbound", "schedule every minute", "table table"),
        "schedule every 15 minutes",
        *("topic events", "workflow list-import", "queue events-bi", "queue events-frontend"),
    }


def test_an_upload_goes_its_way(payment: Picture) -> None:
    assert {
        ("SFTP server sftp", "reads, writes", "bucket inbox"),
        ("SFTP server sftp", "starts", "workflow list-import"),
        ("workflow list-import", "", "function register_list"),
        ("function register_list", "", "function validate_list"),
        ("function validate_list", "", "function verify_subscription"),
        ("function verify_subscription", "", "function import_list"),
        ("function verify_subscription", "on failure", "function compensate_error"),
        ("function import_list", "reads, writes", "table table"),
        ("table table", "stream", "function relay_events"),
        ("function relay_events", "publishes", "topic events"),
        ("topic events", "", "queue events-bi"),
    } <= said(payment)


def test_commands_and_queries_have_frames_of_their_own(payment: Picture) -> None:
    frames = {box.label: box.group for box in payment.boxes}
    assert frames["RegisterPayment"] == frames["VerifyPayment"] == "commands"
    assert frames["GetPayment"] == "queries"
    assert ("HTTP API api", "calls", "function verify_payment") in said(payment)
    [call] = [
        arrow for arrow in payment.arrows if (arrow.source, arrow.target) == ("HTTP API api", "function verify_payment")
    ]
    assert call.note == "POST /payments/{payment_id}/verify"
    assert ("function register_payment", "reads, writes", "table table") in said(payment)
    assert ("function get_payment", "reads", "table table") in said(payment)


def test_a_function_with_dead_letters_is_marked(payment: Picture) -> None:
    """And where they are, in its note."""
    boxes = {box.key: box for box in payment.boxes}
    with_letters = {key for key, box in boxes.items() if box.label.endswith("\n+ dead letters")}
    assert with_letters == {
        *("queue events-bi", "queue events-frontend", "queue inbound", "workflow list-import"),
        *("function measure_lists", "function relay_events"),
    }
    assert "payment-prod-relay-events-dead-letters" in boxes["function relay_events"].note
    assert "payment-prod-inbound-dead-letters" in boxes["queue inbound"].note


@pytest.mark.parametrize("stack", STACKS)
def test_each_stack_has_a_picture(stack: str) -> None:
    """With names that say nothing of the stack."""
    drawing = picture(CONTEXT, run(stack), stack)
    assert "table table" in keys(drawing)
    assert not [box.label for box in drawing.boxes if f"payment-{stack}" in box.label]


def test_a_connector_is_drawn_between_the_function_and_its_bucket() -> None:
    """The function starts its transfers, it reads the files, and its events call the function."""
    pictured = picture(EXPORTS, run_context(EXPORTS, "prod", partners=DELIVERED), "prod")
    connector = "SFTP connector deliver-acme"
    assert {arrow for arrow in said(pictured) if connector in arrow} == {
        ("function export_files", "reads, sends", connector),
        (connector, "starts", "function export_files"),
        (connector, "reads, writes", "bucket inbox"),
        (connector, "reads", "secret deliver-acme"),
    }
