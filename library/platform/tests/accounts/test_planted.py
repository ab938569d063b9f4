"""Paths that are planted into the generated documents: the attack finds each of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from .documents import role_policies
from .escalations import escalations
from .evaluation import Document, Policy
from .layouts import LAYOUTS, world
from .paths import reach
from .reach import ADMINISTRATOR, End, Finding, Reach
from .world import Principal, Resource, World

ONE, APART = "one account", "three accounts, pipeline in tools"
REGION: Final = "eu-central-1"
Change = Callable[[World], World]


def principal(base: World, name: str) -> Principal:
    """The only principal of a name, or the first role of a stack."""
    return next(principal for principal in base.principals if principal.name == name)


def resource(base: World, kind: str, domain: str, part: str = "") -> Resource:
    """The first resource of a kind in a domain, whose ARN has a part."""
    return next(resource for resource in base.by_kind[kind] if resource.domain == domain and part in resource.arn)


def _with(base: World, name: str, *policies: Policy) -> World:
    holder = principal(base, name)
    return base.changed(holder, caller=replace(holder.caller, policies=policies))


def unlimited(name: str) -> Change:
    """Remove the permissions boundary of a role, which would close the path."""

    def change(base: World) -> World:
        holder = principal(base, name)
        return base.changed(holder, caller=replace(holder.caller, boundary=None))

    return change


def grants(
    name: str, *actions: str, on: Callable[[World], str] | str = "*", condition: Document | None = None
) -> Change:
    """Add a statement to the policies of a role."""

    def change(base: World) -> World:
        arn = on if isinstance(on, str) else on(base)
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": [arn], "Condition": condition or {}}
        added = Policy({"Version": "2012-10-17", "Statement": [statement]})
        return _with(base, name, *principal(base, name).caller.policies, added)

    return change


def edits(name: str, edit: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Change:
    """Change each statement of a role's policies."""

    def change(base: World) -> World:
        documents = [policy.document for policy in principal(base, name).caller.policies]
        changed = [
            {**document, "Statement": [edit(statement) for statement in document["Statement"]]}
            for document in documents
        ]
        return _with(base, name, *map(Policy, changed))

    return change


def unconditional(action: str) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """Remove the condition of a statement that has an action."""
    return lambda statement: (
        {k: v for k, v in statement.items() if k != "Condition"} if action in statement["Action"] else statement
    )


def everywhere(action: str) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """Widen the resources of a statement that has an action."""
    return lambda statement: {**statement, "Resource": ["*"]} if action in statement["Action"] else statement


def admits(kind: str, domain: str, name: str, action: str) -> Change:
    """Add a statement for a role to a resource's policy, or to a role's trust policy."""

    def change(base: World) -> World:
        target = resource(base, kind, domain)
        own = target.target.policy.document["Statement"] if target.target.policy else []
        statement = {"Effect": "Allow", "Action": action, "Principal": {"AWS": principal(base, name).arn}}
        policy = Policy({"Version": "2012-10-17", "Statement": [*own, statement]})
        changed = replace(target, target=replace(target.target, policy=policy))
        return replace(
            base, resources=tuple(changed if existing is target else existing for existing in base.resources)
        )

    return change


def both(*changes: Change) -> Change:
    """Apply several changes."""

    def change(base: World) -> World:
        for part in changes:
            base = part(base)
        return base

    return change


def arn_of(kind: str, domain: str, part: str = "") -> Callable[[World], str]:
    """The ARN of a resource, in the world that is changed."""
    return lambda base: resource(base, kind, domain, part).arn


@dataclass(frozen=True)
class Plant:
    """A change that opens a path, and the finding."""

    layout: str
    change: Change
    escalation: str
    source: str
    target: str


PLANTS = (
    Plant(
        ONE,
        grants("dev shift", "iam:CreateRole", "iam:PutRolePolicy"),
        "create a role with a policy",
        "dev shift",
        "administrator",
    ),
    Plant(
        ONE,
        grants("prod shift", "iam:CreateRole", "iam:AttachRolePolicy"),
        "create a role with a managed policy",
        "prod shift",
        "administrator",
    ),
    Plant(
        ONE, edits("sandboxes", everywhere("iam:UpdateAssumeRolePolicy")), "change a trust policy", "sandboxes", "prod"
    ),
    Plant(ONE, admits("role", "prod", "dev shift", "sts:AssumeRole"), "assume a role", "dev shift", "prod"),
    Plant(
        APART,
        both(admits("role", "prod", "dev shift", "sts:AssumeRole"), grants("dev shift", "sts:AssumeRole")),
        "assume a role",
        "dev shift",
        "prod",
    ),
    Plant(
        ONE,
        grants(
            "dev shift", "iam:CreatePolicyVersion", on="arn:aws:iam::100000000001:policy/payment-deployer-prod-shift-1"
        ),
        "change a managed policy",
        "dev shift",
        ADMINISTRATOR,
    ),
    Plant(
        ONE,
        edits("preview stacks", everywhere("iam:PassRole")),
        "pass a role to a new function",
        "preview stacks",
        "prod",
    ),
    Plant(
        ONE,
        edits("sandboxes", everywhere("iam:PassRole")),
        "pass a role to an existing state machine",
        "sandboxes",
        "staging",
    ),
    Plant(
        ONE,
        edits("dev deploy", everywhere("lambda:UpdateFunctionCode")),
        "change a function's code",
        "dev deploy",
        "prod",
    ),
    Plant(
        ONE,
        grants("dev shift", "lambda:UpdateFunctionConfiguration"),
        "change a function's layers",
        "dev shift",
        "staging",
    ),
    Plant(ONE, grants("sandbox runtime", "lambda:InvokeFunction"), "invoke a function", "sandbox runtime", "prod"),
    Plant(
        ONE,
        edits("dev deploy", everywhere("states:UpdateStateMachine")),
        "change a state machine",
        "dev deploy",
        "prod",
    ),
    Plant(
        ONE,
        edits("dev deploy", unconditional("lambda:UpdateEventSourceMapping")),
        "change a mapping",
        "dev deploy",
        "prod",
    ),
    Plant(ONE, edits("prod redrive", unconditional("kms:Decrypt")), "decrypt with a key", "prod redrive", "staging"),
    Plant(ONE, edits("sandboxes", unconditional("kms:PutKeyPolicy")), "change a key's policy", "sandboxes", "prod"),
    Plant(
        ONE, edits("dev deploy", unconditional("kms:CreateGrant")), "grant the use of a key", "dev deploy", "pipeline"
    ),
    Plant(
        ONE,
        edits("preview stacks", unconditional("kms:ScheduleKeyDeletion")),
        "delete a key",
        "preview stacks",
        "pipeline",
    ),
    Plant(
        ONE,
        both(
            grants("dev shift", "kms:TagResource"),
            grants("dev shift", "kms:PutKeyPolicy", condition={"StringEquals": {"aws:ResourceTag/stack": "dev"}}),
        ),
        "tag a key into the own permissions, and take it over",
        "dev shift",
        "prod",
    ),
    Plant(ONE, admits("key", "prod", "dev runtime", "kms:*"), "decrypt with a key", "dev runtime", "prod"),
    Plant(ONE, grants("sandboxes", "s3:PutObject", on=arn_of("state", "prod")), "write the state", "sandboxes", "prod"),
    Plant(
        ONE,
        edits("dev-deploy step", unconditional("kms:Decrypt")),
        "decrypt the secrets of the state",
        "dev-deploy step",
        "prod",
    ),
    Plant(ONE, edits("pull request", everywhere("s3:GetObject")), "read the state", "pull request", "prod"),
    Plant(
        APART,
        both(
            grants("dev-shift step", "s3:PutObject", on=arn_of("state", "pipeline")),
            grants("dev-shift step", "kms:GenerateDataKey"),
        ),
        "write the state",
        "dev-shift step",
        "pipeline",
    ),
    Plant(
        APART,
        grants("dev-deploy step", "codebuild:StartBuild"),
        "start a build with another buildspec",
        "dev-deploy step",
        "prod",
    ),
    Plant(
        APART, grants("dev-deploy step", "codebuild:UpdateProject"), "change a build project", "dev-deploy step", "prod"
    ),
    Plant(
        APART,
        grants("dev-deploy step", "codepipeline:UpdatePipeline"),
        "change the pipeline",
        "dev-deploy step",
        "pipeline",
    ),
    Plant(
        APART, grants("dev-preview step", "codepipeline:PutApprovalResult"), "approve", "dev-preview step", "pipeline"
    ),
    Plant(ONE, grants("dev deploy", "transfer:ImportSshPublicKey"), "give an SFTP user a key", "dev deploy", "prod"),
    Plant(ONE, grants("pr runtime", "apigateway:PATCH"), "change an API", "pr runtime", "prod"),
    Plant(
        ONE,
        both(grants("dev runtime", "secretsmanager:GetSecretValue"), grants("dev runtime", "kms:Decrypt")),
        "read a secret",
        "dev runtime",
        "prod",
    ),
    Plant(
        ONE, grants("pr runtime", "dynamodb:GetItem", on=arn_of("table", "prod")), "read a table", "pr runtime", "prod"
    ),
    Plant(
        ONE,
        both(grants("dev runtime", "s3:GetObject"), grants("dev runtime", "kms:Decrypt")),
        "read an object",
        "dev runtime",
        "prod",
    ),
    Plant(
        ONE,
        grants("pr runtime", "sns:Subscribe", on=arn_of("topic", "prod")),
        "subscribe to events",
        "pr runtime",
        "prod",
    ),
    Plant(
        ONE,
        grants("dev preview", "lambda:UpdateFunctionCode"),
        "change a function's code",
        "dev preview",
        "the own environment",
    ),
    Plant(
        APART,
        grants(
            "dev-deploy step", "s3:PutObject", on=lambda world: resource(world, "artefact", "pipeline", "plan_3").arn
        ),
        "write an artefact",
        "dev-deploy step",
        "pipeline",
    ),
    Plant(ONE, grants("pull request", "ssm:PutParameter"), "write a parameter", "pull request", "the own environment"),
)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: f"{plant.source}: {plant.escalation} of {plant.target}")
def test_a_planted_path_is_detected(plant: Plant) -> None:
    """It is not among the findings before."""
    finding = Finding(plant.escalation, plant.source, plant.target)
    assert finding not in reach(plant.layout).findings()
    access = Reach(unlimited(plant.source)(plant.change(world(plant.layout))))
    sources = {source.arn for source in access.sources() if source.name == plant.source}
    targets = {
        access.passes(step)
        for arn in sources
        for step in access.steps(access.world.by_arn[arn])
        if step.escalation == plant.escalation
    }
    assert plant.target in targets


@pytest.mark.parametrize(
    "plant", [plant for plant in PLANTS if plant.source.endswith("runtime")], ids=lambda plant: plant.escalation
)
def test_a_boundary_closes_the_path_of_a_role_with_too_many_permissions(plant: Plant) -> None:
    access = Reach(plant.change(world(plant.layout)))
    source = principal(access.world, plant.source)
    assert source.caller.boundary is not None
    assert plant.target not in {access.passes(step) for step in access.steps(source)}


@pytest.mark.parametrize("domain", ["dev", "pr", "sandbox"])
def test_without_a_boundary_a_deployment_leads_to_the_administrator(domain: str) -> None:
    """Repositories without the setting have this path."""
    name = {"dev": "dev deploy", "pr": "preview stacks", "sandbox": "sandboxes"}[domain]
    account = LAYOUTS[ONE].account(domain)
    documents = role_policies(domain, "deploy", account, bounded=False)
    access = Reach(_with(world(ONE), name, *map(Policy, documents)))
    unbounded = {step.escalation for step in access.steps(principal(access.world, name)) if step.unbounded}
    assert unbounded == {"create a role with a policy"}


def test_the_plants_use_each_group_of_escalations() -> None:
    groups = {escalation.name: escalation.group for escalation in escalations()}
    assert len(PLANTS) > 20
    assert {groups[plant.escalation] for plant in PLANTS} >= {*groups.values()}


def test_a_path_of_several_steps_is_printed() -> None:
    """Shift of dev, function of dev, trust of prod."""
    change = both(
        grants("staging shift", "lambda:UpdateFunctionCode", on=arn_of("function", "staging", "relay-events")),
        grants("staging redrive", "s3:ListBucket"),
        _to_runtime,
    )
    access = Reach(change(world(APART)))
    path = access.paths(principal(access.world, "staging shift"))[End("change", "prod")]
    assert [step.escalation for step in path.steps] == ["change a function's code", "assume a role"]
    assert len(str(path).splitlines()) == 2


def _to_runtime(base: World) -> World:
    """Let the relay of staging assume a role of prod."""
    relay = next(
        candidate for candidate in base.principals if candidate.arn.endswith("role/payment-staging-relay-events")
    )
    assumes = {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": ["*"]}
    caller = replace(
        relay.caller,
        policies=(*relay.caller.policies, Policy({"Version": "2012-10-17", "Statement": [assumes]})),
        boundary=None,
    )
    base = base.changed(relay, caller=caller)
    target = resource(base, "role", "prod", "deployer-prod-deploy")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": relay.arn}}
    changed = replace(
        target, target=replace(target.target, policy=Policy({"Version": "2012-10-17", "Statement": [trust]}))
    )
    return replace(base, resources=tuple(changed if existing is target else existing for existing in base.resources))


LIMIT = "arn:aws:iam::100000000001:policy/payment-dev-boundary"


def _limited(
    base: World, boundary: Document, *, removable: bool = False, lax: str = "", required: str = LIMIT
) -> Reach:
    """A world in which dev's deployment may make roles within a boundary only."""
    condition = {"ArnLike": {"iam:PermissionsBoundary": required}}
    prefix = "arn:aws:iam::100000000001:role/payment-dev-*"
    actions = ["iam:CreateRole", "iam:PutRolePolicy"]
    allow = {
        "Effect": "Allow",
        "Action": [action for action in actions if action != lax],
        "Resource": [prefix],
        "Condition": condition,
    }
    more = [*([lax] if lax else []), *(["iam:DeleteRolePermissionsBoundary"] if removable else [])]
    rest = {"Effect": "Allow", "Action": more or ["iam:GetRole"], "Resource": [prefix]}
    document = {"Version": "2012-10-17", "Statement": [allow, rest]}
    base = replace(base, boundaries={LIMIT: Policy({"Version": "2012-10-17", "Statement": [boundary]})})
    base = _with(base, "dev deploy", Policy(document))
    return Reach(_bounded(base, unless="role/payment-dev-relay-events" if lax else "no role"))


def _bounded(base: World, unless: str) -> World:
    """Give the roles of dev's stack the boundary, except for one."""
    limit = base.boundaries[LIMIT]
    for holder in base.principals:
        if holder.name == "dev runtime" and not holder.arn.endswith(unless):
            base = base.changed(holder, caller=replace(holder.caller, boundary=limit))
    return base


OWN: Document = {
    "Effect": "Allow",
    "Action": "*",
    "Resource": [f"arn:aws:*:{REGION}:100000000001:payment-dev-inbound", "arn:aws:lambda:*:*:function:payment-dev-r*"],
}


def test_a_role_within_a_narrow_boundary_reaches_no_other_resource() -> None:
    access = _limited(world(ONE), OWN)
    source = principal(access.world, "dev deploy")
    assert {(step.escalation, step.unbounded) for step in access.steps(source) if step.gain == "made"} == {
        ("create a role with a policy", False),
        ("give a role a policy", False),
    }
    assert access.paths(source) == {}


def test_a_wide_boundary_is_a_path() -> None:
    access = _limited(world(ONE), {"Effect": "Allow", "Action": "*", "Resource": "*"})
    search = access.search(principal(access.world, "dev deploy"))
    path = next(path for end, path in search if end == End("change", "prod"))
    assert path.steps[0].gain == "made"
    assert path.steps[1].source.name == "role made by dev"


def test_of_several_boundaries_the_widest_is_used() -> None:
    """The boundary of another stack is one too, if the condition does not name the own."""
    access = _limited(world(ONE), OWN, required="arn:aws:iam::*:policy/payment-*")
    wide = Policy({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    source = principal(access.world, "dev deploy")
    assert access.paths(source) == {}
    other = {**access.world.boundaries, LIMIT.replace("dev", "prod"): wide}
    assert End("change", "prod") in Reach(replace(access.world, boundaries=other)).paths(source)


@pytest.mark.parametrize(("removable", "lax"), [(True, ""), (False, "iam:PutRolePolicy")])
def test_a_boundary_that_can_be_avoided_leads_to_the_administrator(removable: bool, lax: str) -> None:
    """The boundary can be removed afterwards, or an older role without a boundary can be given a policy."""
    access = _limited(world(ONE), OWN, removable=removable, lax=lax)
    source = principal(access.world, "dev deploy")
    unbounded = {step.escalation for step in access.steps(source) if step.unbounded}
    assert unbounded == {"remove a boundary" if removable else "give a role a policy"}
