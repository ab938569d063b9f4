"""Actions that reach resources of another environment, and that no escalation uses."""

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from .attack import keys_of
from .escalations import escalations
from .evaluation import allowed
from .reach import Finding, Reach
from .world import Principal, Resource

FILE: Final = Path(__file__).parent / "without_resource.toml"

_READ: Final = re.compile(r"[\w-]+:(Get|List|Describe|BatchGet|GET)")


@functools.cache
def without_resource() -> Mapping[str, str]:
    """Return the actions that AWS cannot limit to a resource, each with its effect on other stacks."""
    found = tomllib.loads(FILE.read_text(encoding="utf-8"))["actions"]
    return {action: entry["reason"] for entry in found for action in entry["names"]}


def strays(reach: Reach) -> dict[Finding, Resource]:
    """Return the actions that a principal may use on a resource of another environment, each with an example."""
    used = {action for one in escalations() for action in (*one.actions, *(one.aid.actions if one.aid else ()))}
    left_out = used | without_resource().keys()
    found: dict[Finding, Resource] = {}
    for principal in reach.sources():
        for action in sorted(_actions(principal) - left_out):
            for resource in _reached(reach, principal, action):
                found.setdefault(Finding(action, principal.name, resource.domain), resource)
    return found


def _actions(principal: Principal) -> set[str]:
    """Return the actions that the principal's policies allow; no generated policy has a wildcard in an action."""
    statements = [one for policy in principal.caller.policies for one in policy.document["Statement"]]
    return {action for one in statements if one["Effect"] == "Allow" for action in one["Action"]}


def _reached(reach: Reach, principal: Principal, action: str) -> Iterator[Resource]:
    designed, keys = reach.world.designed, keys_of(principal)
    mode = "read" if _READ.match(action) else "write"
    for resource in reach.world.by_service.get(action.partition(":")[0], ()):
        foreign = resource.domain != principal.domain and (principal.arn, resource.arn, mode) not in designed
        if foreign and allowed(principal.caller, action, resource.tagged, keys):
            yield resource
