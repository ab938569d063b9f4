"""Each escalation of the table: found with exactly its actions, and not found without one of them."""

from collections.abc import Mapping
from typing import Any

import pytest

from .attack import Attack, Step
from .escalations import Escalation, escalations
from .evaluation import Caller, Policy, Target
from .world import ADMINISTRATOR, Principal, Resource, World

ACCOUNT = "100000000001"
VICTIM, KEY = "victim", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/of-the-victim"
ARN = f"arn:aws:service:eu-west-1:{ACCOUNT}:of-the-victim"
AID = f"arn:aws:service:eu-west-1:{ACCOUNT}:of-the-intruder"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/of-the-victim"
EVERY = pytest.mark.parametrize("escalation", escalations(), ids=lambda escalation: escalation.name)


def statement(*actions: str, on: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": [on], **more}


def _policy(*statements: Mapping[str, Any]) -> Policy:
    return Policy({"Version": "2012-10-17", "Statement": list(statements)})


def needed(escalation: Escalation) -> list[tuple[str, str]]:
    """The actions that an escalation needs, each with the resource."""
    arn = ROLE if escalation.kind == "role" else KEY if escalation.kind == "key" else ARN
    aid = escalation.aid.actions if escalation.aid else ()
    own = [(action, arn) for action in (*escalation.actions, *escalation.after)]
    return [*own, *((action, KEY) for action in escalation.key), *((action, AID) for action in aid)]


def steps(escalation: Escalation, allowed: list[tuple[str, str]], trust: str = "") -> list[Step]:
    """The uses of an escalation by an intruder with these permissions alone."""
    policy = _policy(*(statement(action, on=arn) for action, arn in allowed)) if allowed else ADMINISTRATOR
    caller = Caller(f"arn:aws:iam::{ACCOUNT}:role/intruder", ACCOUNT, (policy,) if allowed else ())
    intruder = Principal("intruder", "dev", caller, tags={"context": "payment", "stack": "dev"})
    return [
        step
        for step in Attack(_world(escalation, intruder, trust)).steps(intruder)
        if step.escalation == escalation.name
    ]


def _world(escalation: Escalation, intruder: Principal, trust: str) -> World:
    """A world with an intruder, the escalation's resource, its key, and the resource that aids."""
    role = Principal(VICTIM, "prod", Caller(ROLE, ACCOUNT))
    administrator = Principal("administrator", "account", Caller("administrator", ACCOUNT, (ADMINISTRATOR,)))
    trusted = {"Service": trust or escalation.service} if escalation.service else {"AWS": intruder.arn}
    trusts = _policy({"Effect": "Allow", "Action": "sts:*", "Principal": trusted})
    root = _policy({**statement("kms:*", on="*"), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}})
    targets = {
        "role": Target(ROLE, ACCOUNT, trusts, decisive=True, scope="sts:"),
        "key": Target(KEY, ACCOUNT, root, decisive=True),
    }
    target = targets.get(escalation.kind, Target(ARN, ACCOUNT))
    resources = [Resource(escalation.kind, "prod", target, {"stack": "prod"}, KEY, (ROLE,))]
    if escalation.kind != "key":
        resources.append(Resource("key", "prod", targets["key"]))
    if escalation.aid:
        resources.append(Resource(escalation.aid.kind, "dev", Target(AID, ACCOUNT)))
    return World((intruder, role, administrator), tuple(resources), administrators={ACCOUNT: administrator.arn})


@EVERY
def test_an_escalation_is_detected_with_its_actions_and_has_its_gain(escalation: Escalation) -> None:
    (step,) = steps(escalation, needed(escalation))
    leads = {"become": [VICTIM], "run": [VICTIM], "made": ["administrator"]}
    assert [lead.name for lead in step.leads] == leads.get(escalation.gain, [])


@EVERY
def test_an_escalation_is_not_detected_without_one_of_its_actions(escalation: Escalation) -> None:
    """A trust policy that names the role needs no permission besides."""
    every = needed(escalation)
    if escalation.actions[0].startswith("sts:"):
        every = []
    assert [
        permission
        for permission in every
        if steps(escalation, [other for other in every if other != permission] or [("a:B", "c")])
    ] == []


@EVERY
def test_an_escalation_is_not_detected_on_another_resource(escalation: Escalation) -> None:
    if not escalation.actions[0].startswith("sts:"):
        assert steps(escalation, [(action, f"{arn}-2") for action, arn in needed(escalation)]) == []


@pytest.mark.parametrize(
    "escalation",
    [escalation for escalation in escalations() if escalation.service],
    ids=lambda escalation: escalation.name,
)
def test_a_role_is_passed_to_a_service_that_it_trusts_alone(escalation: Escalation) -> None:
    assert steps(escalation, needed(escalation), trust="ec2.amazonaws.com") == []


def test_every_group_of_the_table_has_escalations() -> None:
    """The groups that an isolation of environments must consider."""
    groups = ("roles", "trust", "passed roles", "code", "tags", "keys", "state", "artefacts", "builds")
    assert {*groups, "SFTP", "APIs", "secrets", "data"} == {escalation.group for escalation in escalations()}
    assert len({escalation.name for escalation in escalations()}) == len(escalations())
