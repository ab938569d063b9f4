"""Whoever redrives has the permissions that it takes; one that is missing is named, with the document that has it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bounded_context_cli.command.aws_errors import sentence
from bounded_context_platform.permissions.grants import ROLES
from tests.permissions.watched import ROLE, Watched
from tests.redrive.conftest import ARCHIVED, CHANGES, ONE, UPLOADS, Stack, event
from tests.redrive.test_given_up import Lambda, record
from tests.redrive.test_stream import Table
from tests.redrive.test_unseen import SWEEPER, Sweeper

UPLOAD = {
    "detail-type": "Object Created",
    "detail": {"bucket": {"name": "b"}, "object": {"key": "k", "version-id": "v"}},
}

BESIDE = {"kms:Decrypt", "kms:GenerateDataKey", "s3:ListBucket"}
"""Asked for by SQS and S3 with what the redrive asks of them."""

CALLED = sorted({action for grant in ROLES["redrive"] for action in (*grant.read, *grant.write)} - BESIDE)


class Both:
    """Lambda with the function of the stream and that of uploads, each in memory."""

    def __init__(self, reader: Any, sweeper: Any) -> None:
        self._reader, self._sweeper = reader, sweeper

    def invoke(self, **parameters: Any) -> Any:
        return (self._sweeper if parameters["FunctionName"] == SWEEPER else self._reader).invoke(**parameters)

    def list_event_source_mappings(self, **parameters: Any) -> Any:
        return self._reader.list_event_source_mappings(**parameters)


@pytest.fixture
def night(moto: Any, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], tuple[set[str], str]]:
    """Redrives messages of every kind, without one action if it is named; returns what was asked for, and said."""
    sweeper = Sweeper(stack)
    stack.outputs["functions"]["sweep_uploads"] = SWEEPER
    stack.outputs["dead_letter_queues"]["archive"] = ARCHIVED
    stack.outputs["archives"] = {"archive": {"stream": "context-test-archive-archive"}}
    stack.functions = Both(stack.functions, sweeper)  # pyrefly: ignore[bad-assignment] (a stand-in)
    table, lambda_ = Table(moto), Lambda(stack, moto)
    stack.streams = table.streams

    def redrive(lacking: str | None = None) -> tuple[set[str], str]:
        actions: set[str] = set()
        watched = {name: Watched(client, name, actions, lacking) for name, client in stack.services().items()}
        monkeypatch.setattr(stack, "clients", lambda _: lambda service, **_: watched[service])
        stack.queues.put(ONE, event(1))
        stack.queues.put(ARCHIVED, event(2))
        stack.queues.put(UPLOADS, UPLOAD)
        stack.queues.put(CHANGES, table.message(arrived=stack.clock.now() - timedelta(hours=1)))
        lambda_.gives_up(record(1))
        sweeper.arrived("incoming/acme/monday.csv", minutes=90)
        said: list[str] = []
        queues = ("one", "archive", "uploads", "reader", "unseen")
        for arguments in ((), ("one",), *((queue, "--go") for queue in queues)):
            _, out, err = stack.say(*arguments)
            said.append(out + err)
        return actions, "\n".join(said)

    return redrive


def test_a_redrive_calls_exactly_the_actions_of_its_policy(night: Any) -> None:
    """Messages of every kind, the list of them, and a look."""
    actions, _ = night()
    assert actions == set(CALLED)


# The ages in the list are left out without it, and nothing is said.
@pytest.mark.parametrize("action", [action for action in CALLED if action != "cloudwatch:GetMetricData"])
def test_a_missing_action_is_reported_with_the_role_and_the_document(action: str, night: Any) -> None:
    """Messages that could not be made visible are counted instead."""
    _, said = night(action)
    if action == "sqs:ChangeMessageVisibility":
        assert "made visible at" in said
    else:
        assert f"the role {ROLE} may not {action}: `context permissions redrive <stack>`" in said


@pytest.mark.parametrize(
    ("who", "named"),
    [
        ("sts::1:assumed-role/AWSReservedSSO_Admin_1f/me@example.org", "the role AWSReservedSSO_Admin_1f"),
        ("iam::1:user/me", "the user me"),
        ("iam::1:user/people/of/payments/me", "the user me"),
    ],
)
def test_an_error_names_the_role_or_the_user(who: str, named: str) -> None:
    """AWS names an assumed role, or a user."""
    said = f"User: arn:aws:{who} is not authorized to perform: lambda:UpdateAlias on resource: x"
    error: Any = {"Error": {"Code": "AccessDeniedException", "Message": said}}
    message = sentence(ClientError(error, "UpdateAlias"))
    assert message.endswith(
        f"; {named} may not lambda:UpdateAlias: `context permissions shift <stack>` prints what it needs"
    )


def test_an_error_that_is_not_a_denial_names_no_document() -> None:
    """Whatever AWS says otherwise."""
    error: Any = {"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}
    assert sentence(ClientError(error, "UpdateAlias")) == "ThrottlingException: Rate exceeded"
