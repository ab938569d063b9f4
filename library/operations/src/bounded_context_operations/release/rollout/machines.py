"""A state machine's versions, and its alias.

A write of the alias is sent only if the alias has not changed since the last read or write.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from bounded_context_cli.command.aws_errors import AWS_ERRORS, code, passes
from bounded_context_cli.command.operation import Clock

from .deployments import Steps, retried
from .releases import Machine, Note, NoVersion, ReleasedPart

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import RoutingConfigurationListItemTypeDef

BEAT = timedelta(minutes=2)
"""The time between two writes of a running process."""

PATIENCE = timedelta(minutes=5)
"""The time after which a run without a write of the alias counts as dead."""

_BUSY = "ConflictException"
"""Another update of the alias is in progress (Step Functions API reference, UpdateStateMachineAlias)."""


_REFERENCED = (_BUSY, "ValidationException")
"""An alias routes to the version, or a version is being published (Step Functions API, DeleteStateMachineVersion)."""


class Changed(Exception):
    """Another run has written the alias."""


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
    def new(self) -> str:
        """The highest version with executions."""
        return max(self.weights, key=int)

    @property
    def shifting(self) -> bool:
        """Whether two versions share the executions."""
        return len(self.weights) > 1

    @property
    def returning(self) -> bool:
        """Whether a `rollout back` is in progress."""
        return self.note is not None and self.note.active_return


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
        if numbers := self.versions():
            return numbers[-1]
        raise NoVersion(f"{self._machine.name} has no version: deploy the stack again.")

    def versions(self) -> list[str]:
        """Return all versions, the oldest first."""
        numbers: list[str] = []
        page: dict[str, Any] = {}
        while True:
            answer = self._client.list_state_machine_versions(stateMachineArn=self._machine.arn, **page)
            numbers += [_number(version["stateMachineVersionArn"]) for version in answer["stateMachineVersions"]]
            if not (token := answer.get("nextToken")):
                return sorted(numbers, key=int)
            page = {"nextToken": token}

    def delete(self, version: str) -> bool:
        """Delete a version. Return False if an alias routes to it."""
        try:
            self._client.delete_state_machine_version(stateMachineVersionArn=f"{self._machine.arn}:{version}")
        except ClientError as error:
            if code(error) not in _REFERENCED:
                raise
            return False
        return True

    def route(self, routing: Routing) -> None:
        """Set the weights of the versions for new executions. Running executions keep their version."""
        routes: list[RoutingConfigurationListItemTypeDef] = [
            {"stateMachineVersionArn": f"{self._machine.arn}:{version}", "weight": weight}
            for version, weight in routing.weights.items()
            if weight
        ]
        self._writer.update_state_machine_alias(
            stateMachineAliasArn=self._machine.alias_arn, routingConfiguration=routes, description=routing.description
        )


NO_VERSION = "0"
"""The version of the absent state machine; versions begin at 1."""


class NoMachine:
    """The absent state machine of a context without lists: its only version has all executions."""

    def __init__(self) -> None:
        """Begin without a note."""
        self._routing = Routing({NO_VERSION: 100})

    def routing(self) -> Routing:
        """Return the routing, with the note of this run."""
        return self._routing

    def newest(self) -> str:
        """Return the only version."""
        return NO_VERSION

    def versions(self) -> list[str]:
        """Return the only version."""
        return [NO_VERSION]

    def delete(self, version: str) -> bool:  # noqa: ARG002
        """Return False: nothing can be deleted."""
        return False

    def route(self, routing: Routing) -> None:
        """Remember the note of this run."""
        self._routing = routing


class MachineAlias:
    """The alias from the view of a run: `known` is its last state."""

    def __init__(self, part: ReleasedPart, machines: Machines | NoMachine, clock: Clock, known: Routing) -> None:
        self._part = part
        self._machines = machines
        self._clock = clock
        self._next_beat = clock.now() + BEAT
        self._sent: Routing | None = None
        """A write without an answer."""
        self.known = known

    @property
    def pending(self) -> bool:
        """Whether a write has not been answered."""
        return self._sent is not None

    def write(self, routing: Routing) -> Steps[None]:
        """Route the alias after a new read for each attempt. Raises Changed, ClientError and BotoCoreError.

        Step Functions has no conditional write of an alias. If another run writes between the read and the write, its
        write is lost.
        """
        while not self.put(routing, (yield from retried(self._part, self._machines.routing))):
            yield None

    def put(self, routing: Routing, now: Routing) -> bool:
        """Try to write, given the alias's current state. Return False if another attempt is needed.

        Also writes an unchanged routing, which shows other runs that this run is alive.
        """
        self._check(now)
        self._next_beat = self._clock.now() + BEAT
        if not now == routing == self._sent:
            self._sent = routing
            try:
                self._machines.route(routing)
            except AWS_ERRORS as error:
                if not passes(error) and code(error) != _BUSY:
                    self._sent = None
                    raise
                return False
        self.known, self._sent = routing, None
        return True

    def beat(self) -> None:
        """Repeat the last write if an interval has passed, which shows other runs that this run is alive.

        Errors are ignored, because the next regular write reports them.
        """
        if self._clock.now() >= self._next_beat:
            self._next_beat = self._clock.now() + BEAT
            with suppress(Changed, *AWS_ERRORS):
                self.put(self.known, self._machines.routing())

    def _check(self, now: Routing) -> None:
        if now not in (self.known, self._sent):
            raise Changed


def _time_of(answer: Any) -> datetime | None:
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    return parsedate_to_datetime(date).astimezone(UTC) if date else None


def _number(version_arn: str) -> str:
    return version_arn.rpartition(":")[2]
