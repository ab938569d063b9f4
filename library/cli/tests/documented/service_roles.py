"""The roles of AWS's services in a graph, against the actions that AWS documents for them."""

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from pydantic import BaseModel, ConfigDict, Field

from bounded_context_cli.programs.recording import Graph, Node

from .checks.policies import as_list, of_resource


class Reason(BaseModel):
    """Documented actions that a role may lack."""

    model_config = ConfigDict(extra="forbid")
    actions: list[str] = Field(min_length=1)
    reason: str = Field(min_length=20)


class Documented(BaseModel):
    """The actions that AWS documents for a service's role: by managed policies, or by a document."""

    model_config = ConfigDict(extra="forbid")
    principal: str
    when: str = "always"
    source: str = Field(min_length=20)
    managed: list[str] = []
    services: list[str] = []
    documented: list[str] = []
    missing: list[Reason] = []

    @property
    def title(self) -> str:
        """The principal and the source."""
        return f"{self.principal}: {self.source}"

    @property
    def actions(self) -> frozenset[str]:
        """The documented actions for the services of the entry."""
        managed = (action for name in self.managed for action in managed_actions(name))
        return frozenset({*self.documented, *(a for a in managed if a.partition(":")[0] in self.services)})

    @property
    def excused(self) -> frozenset[str]:
        """The actions that a role may lack with a reason."""
        return frozenset(action for reason in self.missing for action in reason.actions)

    def roles(self, graph: Graph) -> list[Node]:
        """Return the roles of a graph to which the entry applies."""
        trusting = [role for role in graph.of("iam/role") if self.principal in trusted(role)]
        return [role for role in trusting if CONDITIONS[self.when](graph, role)]


def read() -> list[Documented]:
    """Read the entries of service_roles.toml."""
    text = Path(__file__).with_name("service_roles.toml").read_text("utf-8")
    return [Documented.model_validate(entry) for entry in tomllib.loads(text)["role"]]


@cache
def managed_policies() -> Mapping[str, Any]:
    """Return AWS's managed policies by name, as moto distributes them. Its version is pinned."""
    return json.loads(aws_managed_policies_data)


def managed_actions(name: str) -> Iterator[str]:
    """Yield the actions that a managed policy of AWS allows."""
    for statement in managed_policies()[name]["Document"]["Statement"]:
        yield from as_list(statement["Action"])


def trusted(role: Node) -> set[str]:
    """Return the services that may assume a role."""
    services = (s["Principal"].get("Service", []) for s in role.statements("assumeRolePolicy"))
    return {name for service in services for name in as_list(service)}


def granted(graph: Graph, role: Node) -> frozenset[str]:
    """Return the actions that the policies of a role allow."""
    own = of_resource(graph, "iam/rolePolicy", "role", role.inputs["name"])
    return frozenset(action for statement in own if statement["Effect"] == "Allow" for action in statement["Action"])


def lacking(entry: Documented, graph: Graph) -> dict[str, frozenset[str]]:
    """Return the documented actions that roles of a graph lack, by the role's logical name."""
    return {role.name: entry.actions - granted(graph, role) for role in entry.roles(graph)}


def _functions(graph: Graph, role: Node) -> list[Node]:
    return [node for node in graph.of("lambda/function") if node.inputs["role"] == role.arn]


def _reads(service: str) -> Callable[[Graph, Node], bool]:
    def condition(graph: Graph, role: Node) -> bool:
        sources = [m for m in graph.of("lambda/eventSourceMapping") if f":{service}:" in m.inputs["eventSourceArn"]]
        names = {mapping.inputs["functionName"].split(":function:")[-1].split(":")[0] for mapping in sources}
        return any(function.inputs["name"] in names for function in _functions(graph, role))

    return condition


def _traced(graph: Graph, role: Node) -> bool:
    return any((f.inputs.get("tracingConfig") or {}).get("mode") == "Active" for f in _functions(graph, role))


def _targets(kind: str) -> Callable[[Graph, Node], bool]:
    def condition(graph: Graph, role: Node) -> bool:
        targets = [node.inputs for node in graph.of("cloudwatch/eventTarget") if node.inputs.get("roleArn") == role.arn]
        return any(kind in target["arn"] for target in targets)

    return condition


def _logs(graph: Graph, role: Node) -> bool:
    return any(connector.inputs.get("loggingRole") == role.arn for connector in graph.of("transfer/connector"))


CONDITIONS: Mapping[str, Callable[[Graph, Node], bool]] = {
    "always": lambda *_: True,
    "stream": _reads("dynamodb"),
    "queue": _reads("sqs"),
    "traced": _traced,
    "starts": _targets(":stateMachine:"),
    "commits": _targets(":codepipeline:"),
    "logs": _logs,
}
"""The roles to which an entry applies, by the entry's `when`."""
