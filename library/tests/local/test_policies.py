"""Policies as the emulator can take them."""

import json
from pathlib import Path
from typing import Any

import pytest

from bounded_context.tools.local.deploy.policies import as_emulator_asks
from bounded_context.tools.local.deploy.registry import Request


def _asked(**statement: Any) -> tuple[list[dict[str, Any]], list[str]]:
    request = Request("aws:iam/policy:Policy", "name", {}, Path())
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "arn"} | statement]}
    return json.loads(as_emulator_asks(request, json.dumps(policy)))["Statement"][1:], request.adapted


@pytest.mark.parametrize(
    ("action", "more"),
    [
        ("sns:Publish", {"Action": "sns:PublishBatch", "Resource": "arn"}),
        (["dynamodb:PartiQLInsert"], {"Action": "dynamodb:PutItem", "Resource": "arn"}),
        (["lambda:GetAlias"], {"Action": "lambda:ListAliases", "Resource": "arn"}),
    ],
)
def test_what_the_emulator_asks_for_is_allowed_and_told(action: Any, more: dict[str, str]) -> None:
    """The resources stay as narrow as the emulator knows them."""
    statements, adapted = _asked(Action=action)
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
    assert _asked(**statement) == ([], [])
