"""The versions of a state machine, and the routing of its alias."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

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
    """The percentage of executions for each version, and the alias's description.

    `changed` is the time of the last write, `read` the time of the answer, both by AWS's clock in UTC. Comparisons
    ignore these times.
    """

    weights: Mapping[str, int]
    description: str = ""
    changed: datetime | None = field(default=None, compare=False)
    read: datetime | None = field(default=None, compare=False)

    @property
    def note(self) -> Note | None:
        """The release of the last write, or None if this driver did not write it."""
        return Note.parse(self.description)

    @property
    def old(self) -> str:
        """The version before the shift: the lowest, because shifts lead to newer versions."""
        return min(self.weights, key=int)

    @property
    def shifting(self) -> bool:
        """Whether two versions share the executions."""
        return len(self.weights) > 1

    @property
    def returning(self) -> bool:
        """Whether a `rollout back` is in progress."""
        return self.note is not None and self.note.going


class Machines:
    """Reads and moves the alias of a state machine. All methods raise ClientError."""

    def __init__(self, client: "SFNClient", writer: "SFNClient", machine: Machine) -> None:
        """Set the reading `client`, and the `writer`, which sends each request once.

        UpdateStateMachineAlias accepts no condition, so a retry by botocore could overwrite a later write.
        """
        self._client = client
        self._writer = writer
        self._machine = machine

    def routing(self) -> Routing:
        """Return the alias's routing."""
        answer = self._client.describe_state_machine_alias(stateMachineAliasArn=self._machine.alias_arn)
        weights = {
            _number(route["stateMachineVersionArn"]): route["weight"]
            for route in answer["routingConfiguration"]
            if route["weight"]
        }
        changed = answer.get("updateDate")
        return Routing(weights, answer.get("description", ""), changed and changed.astimezone(UTC), _time_of(answer))

    def newest(self) -> str:
        """Return the highest version. Raises NoVersion without a version."""
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

    def route(self, wanted: Routing) -> None:
        """Set the weights of the versions for new executions. Running executions keep their version."""
        routes: list[RoutingConfigurationListItemTypeDef] = [
            {"stateMachineVersionArn": f"{self._machine.arn}:{version}", "weight": weight}
            for version, weight in wanted.weights.items()
            if weight
        ]
        self._writer.update_state_machine_alias(
            stateMachineAliasArn=self._machine.alias_arn, routingConfiguration=routes, description=wanted.description
        )


def _time_of(answer: Any) -> datetime | None:
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    return parsedate_to_datetime(date).astimezone(UTC) if date else None


def _number(version_arn: str) -> str:
    return version_arn.rpartition(":")[2]


def _numbers(page: "ListStateMachineVersionsOutputTypeDef") -> list[str]:
    return [_number(version["stateMachineVersionArn"]) for version in page["stateMachineVersions"]]
