"""Principals of other owners, environments and jobs that a resource's own policy admits."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from .attack import keys_of
from .documents import PROVIDER
from .evaluation import FREE, Context, Policy, Statement, UnknownElement, admission
from .outside import FOREIGN, acting, acting_abroad, owner, stranger, tokens
from .reach import Finding
from .world import Principal, Resource, World

_SOURCE: Final = "aws:sourcearn"

_DECIDED: Final = frozenset(
    (
        *("aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:securetransport"),
        *(_SOURCE, "aws:sourceaccount", "kms:calleraccount"),
        *(f"{PROVIDER}:{claim}" for claim in ("aud", "sub", "ref")),
    )
)
"""Condition keys whose values the principals of the attack have, or lack. Callers choose the values of all others."""


def admissions(world: World) -> Iterator[Finding]:
    """Yield the action, the principal and the resource of each admission across the limits of an environment."""
    for resource in world.resources:
        if policy := resource.target.policy:
            for statement in policy.statements:
                if statement.allows:
                    yield from _admitted(world, resource, policy, statement)


def _admitted(world: World, resource: Resource, policy: Policy, statement: Statement) -> Iterator[Finding]:
    for principal in _candidates(world, resource, statement):
        keys = _keys(principal, resource, statement)
        if principal.domain != resource.domain and statement.applies(resource.arn, keys):
            for action in labels(statement):
                if _admits(policy, principal, action, resource, keys):
                    yield Finding(action, principal.name, resource.arn)


def labels(statement: Statement) -> tuple[str, ...]:
    """Return the actions of a statement, or `not` and those that it excludes."""
    return statement.actions or tuple(f"not {action}" for action in statement.not_actions)


def _candidates(world: World, resource: Resource, statement: Statement) -> Iterator[Principal]:
    """Yield the principals that a statement may concern."""
    named: Any = statement.principal
    account = resource.target.account
    if statement.not_principal is not None or named == "*" or (isinstance(named, Mapping) and "AWS" in named):
        yield owner()
        yield from (
            principal
            for principal in world.principals
            if principal.caller.account != FOREIGN and not principal.caller.federated
        )
    if isinstance(named, Mapping):
        if unknown := named.keys() - {"AWS", "Federated", "Service"}:
            raise UnknownElement(f"Principal: {unknown}")
        if "Federated" in named:
            yield from tokens(account)
        for provider in _texts(named.get("Federated", ())):
            yield from stranger(provider, account)
        sources = tuple(
            value for condition in statement.conditions if condition.key == _SOURCE for value in condition.values
        )
        for service in _texts(named.get("Service", ())):
            yield from acting_abroad(service, account, sources)
            # A service assumes a role only of its caller's account, and the caller must pass the role to it (IAM user
            # guide, "Grant a user permissions to pass a role to an AWS service"): the attack has escalations for this.
            if resource.kind != "role":
                yield from acting(world, service, account)


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _keys(principal: Principal, resource: Resource, statement: Statement) -> Context:
    """Return the condition keys of a request. A service chooses none, and a token has the claims of its provider."""
    caller = principal.caller
    free: Context = {condition.key: FREE for condition in statement.conditions if condition.key not in _DECIDED}
    chosen = {} if caller.service or caller.federated else keys_of(principal)
    return {**({} if caller.service else free), **caller.context, **chosen, **resource.tagged.context}


def _admits(policy: Policy, principal: Principal, action: str, resource: Resource, keys: Context) -> bool:
    """Return whether the policy alone admits a principal.

    The account decides by its own policies, whose statements are judged by themselves. Trust is judged here.
    """
    match = admission(policy, principal.caller, action.removeprefix("not "), resource.arn, keys)
    foreign = resource.kind == "role" or principal.caller.account == FOREIGN
    return match == "direct" or (match == "account" and foreign)
