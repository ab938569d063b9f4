"""A world whose documents have another name of an environment."""

import json
from dataclasses import replace
from typing import TypeVar

from .evaluation import Caller, Policy
from .layouts import renamed as text_renamed
from .world import Principal, Resource, World

Value = TypeVar("Value")


class Renaming:
    """Another name of an environment, in all texts except the names of principals and domains."""

    def __init__(self, old: str, new: str) -> None:
        self._names = {old: new}
        self._policies: dict[int, Policy] = {}

    def world(self, found: World) -> World:
        """Return a world with the name."""
        boundaries = {self._text(arn): self._policy(policy) for arn, policy in found.boundaries.items()}
        return replace(
            found,
            principals=tuple(self._principal(one) for one in found.principals),
            resources=tuple(self._resource(one) for one in found.resources),
            boundaries=boundaries,
            handovers=tuple(
                replace(one, producer=self._text(one.producer), consumers=tuple(map(self._text, one.consumers)))
                for one in found.handovers
            ),
            designed=frozenset((self._text(role), self._text(arn), mode) for role, arn, mode in found.designed),
        )

    def _text(self, value: Value) -> Value:
        return text_renamed(value, self._names)

    def _policy(self, policy: Policy) -> Policy:
        if id(policy) not in self._policies:
            self._policies[id(policy)] = Policy(json.loads(self._text(json.dumps(policy.document))))
        return self._policies[id(policy)]

    def _principal(self, one: Principal) -> Principal:
        caller = one.caller
        changed = Caller(
            self._text(caller.arn),
            caller.account,
            tuple(map(self._policy, caller.policies)),
            self._policy(caller.boundary) if caller.boundary else None,
            caller.service,
            caller.federated,
            self._text(caller.context),
        )
        return replace(one, caller=changed, tags=self._text(one.tags))

    def _resource(self, one: Resource) -> Resource:
        target = one.target
        policy = self._policy(target.policy) if target.policy else None
        changed = replace(target, arn=self._text(target.arn), policy=policy, context=self._text(target.context))
        runs = tuple(map(self._text, one.runs))
        return replace(one, target=changed, tags=self._text(one.tags), key=self._text(one.key), runs=runs)
