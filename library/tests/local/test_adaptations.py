"""Policies as the emulator can take them."""

import json
from pathlib import Path
from typing import Any

import pytest

from bounded_context.tools.local.provider.adaptations import with_emulator_actions
from bounded_context.tools.local.provider.creation import Request

from .conftest import RecordingAws


def _adapted(**statement: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the statements that the adaptation adds to a policy, and the listed differences."""
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "arn"} | statement]}
    request = Request("aws:iam/policy:Policy", "name", {"policy": json.dumps(policy)}, Path())
    with_emulator_actions(RecordingAws(), request)
    return json.loads(request.inputs["policy"])["Statement"][1:], request.adapted


@pytest.mark.parametrize(
    ("action", "more"),
    [
        ("sns:Publish", {"Action": "sns:PublishBatch", "Resource": "arn"}),
        (["dynamodb:PartiQLInsert"], {"Action": "dynamodb:PutItem", "Resource": "arn"}),
        (["lambda:GetAlias"], {"Action": "lambda:ListAliases", "Resource": "arn"}),
    ],
)
def test_an_action_that_the_emulator_requires_is_allowed_and_listed(action: Any, more: dict[str, str]) -> None:
    """For the resources of the statement only."""
    statements, adapted = _adapted(Action=action)
    assert statements == [{"Effect": "Allow"} | more]
    assert len(adapted) == 1


@pytest.mark.parametrize(
    "statement",
    [
        {"Action": ["sqs:SendMessage"]},
        {"Effect": "Deny", "Action": "sns:Publish"},
        {"NotAction": "sns:Publish"},
    ],
)
def test_any_other_statement_stays_as_it_is(statement: dict[str, Any]) -> None:
    assert _adapted(**statement) == ([], [])
