"""IAM's rules, each with a request that it decides, and comparisons with other evaluators on random documents."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from moto.iam.access_control import IAMPolicy, PermissionResult

from .evaluation import FREE, Caller, Context, Policy, Target, UnknownElement, allowed

OURS, OTHERS = "100000000001", "100000000002"
ROLE = f"arn:aws:iam::{OURS}:role/reader"
QUEUE = f"arn:aws:sqs:eu-west-1:{OURS}:orders"


def policy(*statements: dict[str, Any]) -> Policy:
    return Policy({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str = "sqs:SendMessage", resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(**more: Any) -> dict[str, Any]:
    return {**allow(), "Effect": "Deny", **more}


def decide(
    *identity: dict[str, Any],
    boundary: Policy | None = None,
    resource: Policy | None = None,
    account: str = OURS,
    decisive: bool = False,
    context: Context | None = None,
) -> bool:
    caller = Caller(ROLE, OURS, (policy(*identity),) if identity else (), boundary)
    return allowed(caller, "sqs:SendMessage", Target(QUEUE, account, resource, decisive), context or {})


def principal(arn: str) -> dict[str, Any]:
    return {"Principal": {"AWS": arn}}


ROOT = principal(f"arn:aws:iam::{OURS}:root")


def test_a_request_is_denied_unless_a_statement_allows_it() -> None:
    assert not decide()
    assert not decide(allow("sqs:ReceiveMessage"))
    assert not decide(allow(resource=QUEUE + "-2"))
    assert decide(allow("sqs:Send*", QUEUE[:-3] + "*"))


def test_actions_are_compared_without_case_and_resources_with_case() -> None:
    assert decide(allow("SQS:sendmessage"))
    assert not decide(allow(resource=QUEUE.upper()))


def test_a_denial_prevails_over_every_permission() -> None:
    assert not decide(allow(), deny(), resource=policy(allow(**principal(ROLE))))
    assert not decide(allow(), resource=policy(deny(Principal="*")))
    assert not decide(allow(), boundary=policy(allow(), deny()))


def test_elements_that_exclude_match_all_others() -> None:
    assert decide({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})
    assert not decide({"Effect": "Allow", "NotAction": "sqs:*", "Resource": "*"})
    assert decide({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:iam::*"})
    assert not decide({"Effect": "Allow", "Action": "*", "NotResource": QUEUE})


def test_a_boundary_limits_what_identity_policies_and_the_roles_own_arn_allow() -> None:
    other = policy(allow("iam:*"))
    assert not decide(allow(), boundary=other)
    assert not decide(resource=policy(allow(**principal(ROLE))), boundary=other)
    assert decide(allow(), boundary=policy(allow()))


def test_in_one_account_a_resource_policy_for_the_role_suffices_and_one_for_the_account_does_not() -> None:
    assert decide(resource=policy(allow(**principal(ROLE))))
    assert not decide(resource=policy(allow(**ROOT)))


def test_across_accounts_both_sides_must_allow() -> None:
    assert not decide(allow(), account=OTHERS)
    assert not decide(resource=policy(allow(**principal(ROLE))), account=OTHERS)
    assert decide(allow(), resource=policy(allow(**ROOT)), account=OTHERS)


def test_a_key_without_a_statement_for_the_account_ignores_identity_policies() -> None:
    assert not decide(allow(), resource=policy(allow(**principal(ROLE + "-2"))), decisive=True)
    assert decide(allow(), resource=policy(allow(**ROOT)), decisive=True)
    assert not decide(resource=policy(allow(**ROOT)), decisive=True)


def test_a_trust_policy_counts_for_sts_alone() -> None:
    trusted = Target(ROLE, OURS, policy({**allow("sts:AssumeRole"), **principal(ROLE)}), True, scope="sts:")
    caller = Caller(ROLE, OURS, (policy(allow("iam:*")),))
    assert allowed(caller, "sts:AssumeRole", trusted, {})
    assert allowed(caller, "iam:PutRolePolicy", trusted, {})


def test_a_service_is_trusted_by_name_and_for_its_account() -> None:
    condition = {"StringEquals": {"aws:SourceAccount": OURS}}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "states.amazonaws.com"}}
    target = Target(ROLE, OURS, policy({**trust, "Condition": condition}), True, scope="sts:")

    def asks(service: str, account: str) -> bool:
        return allowed(
            Caller("", account, service=service, context={"aws:sourceaccount": account}), "sts:AssumeRole", target, {}
        )

    assert asks("states.amazonaws.com", OURS)
    assert not asks("states.amazonaws.com", OTHERS)
    assert not asks("lambda.amazonaws.com", OURS)


@pytest.mark.parametrize(
    ("operator", "value", "present", "absent"),
    [
        ("StringEquals", "dev", True, False),
        ("StringEquals", "d*", False, False),
        ("StringNotEquals", "dev", False, True),
        ("StringLike", "d*", True, False),
        ("StringNotLike", "d*", False, True),
        ("StringEqualsIfExists", "prod", False, True),
        ("StringEqualsIgnoreCase", "DEV", True, False),
        ("Null", "true", False, True),
        ("Null", "false", True, False),
        ("ForAllValues:StringEquals", "prod", False, True),
        ("ForAnyValue:StringEquals", "dev", True, False),
        ("ArnLike", "d?v", True, False),
    ],
)
def test_a_condition_holds_by_its_operator_and_without_the_key(
    operator: str, value: str, present: bool, absent: bool
) -> None:
    statement = allow(Condition={operator: {"aws:ResourceTag/stack": value}})
    assert decide(statement, context={"aws:resourcetag/stack": "dev"}) is present
    assert decide(statement) is absent


def test_several_keys_and_operators_must_all_hold_and_one_of_several_values() -> None:
    condition = {"StringEquals": {"a:b": ["1", "2"], "a:c": "3"}}
    assert decide(allow(Condition=condition), context={"a:b": "2", "a:c": "3"})
    assert not decide(allow(Condition=condition), context={"a:b": "2", "a:c": "4"})


def test_several_values_of_a_request_are_compared_as_the_quantifier_requires() -> None:
    every = allow(Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}})
    assert decide(every, context={"aws:tagkeys": ["a", "b"]})
    assert not decide(every, context={"aws:tagkeys": ["a", "c"]})
    assert decide(
        allow(Condition={"ForAnyValue:StringEquals": {"aws:TagKeys": "c"}}), context={"aws:tagkeys": ["a", "c"]}
    )


def test_a_policy_variable_has_the_requests_value_and_without_one_matches_nothing() -> None:
    statement = allow(resource="arn:aws:sqs:eu-west-1:100000000001:${aws:PrincipalTag/queue}")
    assert decide(statement, context={"aws:principaltag/queue": "orders"})
    assert not decide(statement)


def test_a_value_that_the_caller_chooses_satisfies_permissions_and_avoids_denials() -> None:
    condition = {"StringEquals": {"s3:prefix": "own"}}
    assert decide(allow(Condition=condition), context={"s3:prefix": FREE})
    assert decide(allow(), deny(Condition=condition), context={"s3:prefix": FREE})


def test_a_statement_with_an_excluded_principal_matches_all_others() -> None:
    others = policy({**allow(), "NotPrincipal": {"AWS": f"{ROLE}-2"}})
    assert decide(resource=others)
    assert decide(allow(), resource=others, account=OTHERS)
    assert not decide(resource=policy({**allow(), "NotPrincipal": {"AWS": ROLE}}))


@pytest.mark.parametrize(
    "statement", [allow(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), {**allow(), "Unknown": "*"}]
)
def test_an_element_that_is_not_implemented_is_an_error(statement: dict[str, Any]) -> None:
    with pytest.raises(UnknownElement):
        policy(statement)


_ACTIONS = some.sampled_from(["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:*", "s3:GetObject", "*"])
_NAMES = some.sampled_from(
    ["arn:aws:sqs:eu-west-1:1:a", "arn:aws:sqs:eu-west-1:1:a-b", "arn:aws:sqs:eu-west-1:1:a*", "*"]
)
_STATEMENTS = some.builds(
    lambda effect, actions, resources: {"Effect": effect, "Action": actions, "Resource": resources},
    some.sampled_from(["Allow", "Allow", "Deny"]),
    some.lists(_ACTIONS, min_size=1, max_size=3),
    some.lists(_NAMES, min_size=1, max_size=3),
)


@given(
    some.lists(_STATEMENTS, min_size=1, max_size=5),
    some.sampled_from(["sqs:SendMessage", "s3:GetObject"]),
    some.sampled_from(["arn:aws:sqs:eu-west-1:1:a", "arn:aws:sqs:eu-west-1:1:a-b"]),
)
def test_moto_decides_the_same_without_conditions(statements: list[dict[str, Any]], action: str, arn: str) -> None:
    """Its evaluator has no conditions, boundaries and resource policies."""
    document = {"Version": "2012-10-17", "Statement": statements}
    theirs = IAMPolicy(json.dumps(document)).is_action_permitted(action, arn)
    ours = Policy(document).effect(action, arn, {})
    assert ours == {PermissionResult.PERMITTED: True, PermissionResult.DENIED: False}.get(theirs)


VERDICTS = json.loads((Path(__file__).parent / "verdicts.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", VERDICTS, ids=range(len(VERDICTS)))
def test_iam_simulate_decides_the_same(case: dict[str, Any]) -> None:
    """Recorded by `record_verdicts.py`: random policies of each type, conditions, and accounts."""
    assert decided(case) is case["allowed"]


def decided(case: dict[str, Any]) -> bool:
    """The decision about a recorded request."""
    boundary, resource = case["boundary"], case["resource_policy"]
    caller = Caller(
        case["principal"],
        case["principal"].split(":")[4],
        (Policy(case["identity"]),),
        Policy(boundary) if boundary else None,
    )
    target = Target(case["resource"], case["account"], Policy(resource) if resource else None, case["decisive"])
    return allowed(caller, case["action"], target, {key.lower(): value for key, value in case["context"].items()})
