"""The versions of a state machine, and how its alias shares the executions among them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .functions import NoVersion
from .notes import Note
from .outputs import Machine

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import (
        ListStateMachineVersionsOutputTypeDef,
        RoutingConfigurationListItemTypeDef,
    )


@dataclass(frozen=True)
class Routing:
    """The percentage of executions that each version gets, and what the alias says of its release."""

    weights: Mapping[str, int]
    note: Note | None = None

    @property
    def old(self) -> str:
        """The version that a shift started from: the lowest, since shifts go to newer ones."""
        return min(self.weights, key=int)

    @property
    def shifting(self) -> bool:
        """Whether two versions share the executions."""
        return len(self.weights) > 1


class Machines:
    """Reads and moves the alias of one state machine. All methods raise ClientError."""

    def __init__(self, client: "SFNClient", machine: Machine) -> None:
        self._client = client
        self._machine = machine

    def routing(self) -> Routing:
        """Where the alias is."""
        answer = self._client.describe_state_machine_alias(stateMachineAliasArn=self._machine.alias_arn)
        weights = {
            _number(route["stateMachineVersionArn"]): route["weight"]
            for route in answer["routingConfiguration"]
            if route["weight"]
        }
        return Routing(weights, Note.parse(answer.get("description", "")))

    def newest(self) -> str:
        """The highest version. Raises NoVersion if there is none."""
        answer = self._page(None)
        numbers = _numbers(answer)
        while token := answer.get("nextToken"):
            answer = self._page(token)
            numbers += _numbers(answer)
        if not numbers:
            raise NoVersion(f"{self._machine.name} has no version: deploy the stack again.")
        return max(numbers, key=int)

    def _page(self, token: str | None) -> "ListStateMachineVersionsOutputTypeDef":
        if token:
            return self._client.list_state_machine_versions(stateMachineArn=self._machine.arn, nextToken=token)
        return self._client.list_state_machine_versions(stateMachineArn=self._machine.arn)

    def route(self, weights: Mapping[str, int], note: Note) -> None:
        """Share the executions among versions from now on; running executions stay where they are."""
        routes: list[RoutingConfigurationListItemTypeDef] = [
            {"stateMachineVersionArn": f"{self._machine.arn}:{version}", "weight": weight}
            for version, weight in weights.items()
            if weight
        ]
        self._client.update_state_machine_alias(
            stateMachineAliasArn=self._machine.alias_arn, routingConfiguration=routes, description=str(note)
        )


def _number(version_arn: str) -> str:
    return version_arn.rpartition(":")[2]


def _numbers(page: "ListStateMachineVersionsOutputTypeDef") -> list[str]:
    return [_number(version["stateMachineVersionArn"]) for version in page["stateMachineVersions"]]
