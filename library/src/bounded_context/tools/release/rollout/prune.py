"""Delete old versions of functions, of their layer and of the state machine after a release.

Versions that an alias routes to, the version that `rollout back` returns to, and the newest versions remain.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from ...command.aws_errors import AWS_ERRORS, Refused, code, sentence
from .deployments import Deployments, noted
from .follow import WORKERS
from .machines import Machines, NoMachine, Routing
from .outputs import Function, Release
from .returns import plan_of
from .run import Run

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

KEPT: Final = 5
"""The newest versions of each function and of the state machine, which remain in any case."""

_REFERENCED: Final = "ResourceConflictException"
"""An alias routes to the version (Lambda API reference, DeleteFunction)."""


@dataclass(frozen=True)
class Versions:
    """The versions of a function with the layers of each, `$LATEST` included, and the versions that remain."""

    function: str
    layers: Mapping[str, frozenset[str]]
    needed: frozenset[str]
    moving: bool = False

    @property
    def old(self) -> Sequence[str]:
        """The versions to delete, the oldest first. A function with an active deployment has none."""
        numbers = sorted((version for version in self.layers if version.isdecimal()), key=int)
        return [] if self.moving else [version for version in numbers[:-KEPT] if version not in self.needed]

    @property
    def layers_of_remaining(self) -> Iterable[str]:
        """The layers of the versions that remain."""
        return (layer for version, layers in self.layers.items() if version not in self.old for layer in layers)

    @property
    def layers_of_old(self) -> Iterable[str]:
        """The layers of the versions to delete."""
        return (layer for version in self.old for layer in self.layers[version])


class Pruning:
    """Reads and deletes versions. All methods raise ClientError and BotoCoreError."""

    def __init__(
        self, client: "LambdaClient", deployments: Deployments, release: Release, way_back: Mapping[str, str]
    ) -> None:
        """Set the clients, and the versions to which `rollout back` returns, by the names of the parts."""
        self._client = client
        self._deployments = deployments
        self._release = release
        self._way_back = way_back

    def read(self) -> list[Versions]:
        """Return the versions of all functions, with the hooks, which have no alias and no deployments."""
        hooks = [Function(name, hook, "", "") for name, hook in self._release.hooks.items()]
        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(self._versions, [*self._release.functions, *hooks]))

    def delete(self, found: Sequence[Versions]) -> tuple[int, int]:
        """Delete the old versions, and return the numbers of the functions' and of the layer's.

        The layer comes first: a function that still uses a deleted version keeps a copy of it (Lambda API reference,
        DeleteLayerVersion), and a run that ends early leaves the functions' versions to the next run.
        """
        layers = old_layers(found, self._release.application)
        for layer in layers:
            name, _, version = layer.rpartition(":")
            self._client.delete_layer_version(LayerName=name, VersionNumber=int(version))
        pairs = [(versions.function, old) for versions in found for old in versions.old]
        with ThreadPoolExecutor(WORKERS) as pool:
            return sum(pool.map(lambda pair: self._delete(*pair), pairs)), len(layers)

    def _versions(self, function: Function) -> Versions:
        # The deployments are read last: a deployment that begins later starts from a version that remains.
        layers, routed = self._layers(function.aws_name), self._routed(function.aws_name)
        history = self._deployments.history(function.group) if function.group else []
        moving = any(not deployment.ended for deployment in history)
        before = {note.before for _, note in noted(history) if note.target in routed}
        needed = routed | before | {self._way_back.get(function.name, "")}
        return Versions(function.aws_name, layers, frozenset(needed), moving)

    def _layers(self, name: str) -> dict[str, frozenset[str]]:
        pages = self._client.get_paginator("list_versions_by_function").paginate(FunctionName=name)
        return {
            version.get("Version", ""): frozenset(layer.get("Arn", "") for layer in version.get("Layers", []))
            for page in pages
            for version in page["Versions"]
        }

    def _routed(self, name: str) -> set[str]:
        """Return the versions that any alias of a function routes to."""
        pages = self._client.get_paginator("list_aliases").paginate(FunctionName=name)
        return {
            version
            for page in pages
            for alias in page["Aliases"]
            for version in (
                alias.get("FunctionVersion", ""),
                *(alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights", {}),
            )
        }

    def _delete(self, function: str, version: str) -> int:
        """Delete a version, and return 1; return 0 if an alias routes to it since it was read."""
        assert version.isdecimal()  # noqa: S101 - without a version, the call would delete the function
        try:
            self._client.delete_function(FunctionName=function, Qualifier=version)
        except ClientError as error:
            if code(error) != _REFERENCED:
                raise
            return 0
        return 1


def old_layers(found: Sequence[Versions], application: str) -> list[str]:
    """Return the versions of the stack's own layer that only old versions of functions use, by ARN."""
    remaining = {layer for versions in found for layer in versions.layers_of_remaining}
    old = {layer for versions in found for layer in versions.layers_of_old} - remaining
    return sorted(layer for layer in old if layer.split(":")[6].startswith(f"{application}-"))


def old_definitions(machines: Machines | NoMachine) -> list[str]:
    """Return the versions of the state machine to delete, the oldest first. A machine in a shift or return has none."""
    versions, routing = machines.versions(), machines.routing()
    if routing.shifting or routing.returning:
        return []
    return [version for version in versions[:-KEPT] if version not in _needed(routing)]


def _needed(routing: Routing) -> frozenset[str]:
    """Return the versions of the alias, and the version that `rollout back` returns to."""
    return frozenset(routing.weights) | ({routing.note.before} if routing.note else set())


def prune(run: Run, client: "LambdaClient") -> None:
    """Delete the old versions of a stack. An error or Ctrl-C is shown, and fails no release."""
    try:
        way_back = plan_of(run, run.survey()).versions
        pruning = Pruning(client, run.services.deployments, run.release, way_back)
        functions, layers = pruning.delete(pruning.read())
        machines = run.services.machines
        definitions = sum(map(machines.delete, old_definitions(machines)))
    except (Refused, *AWS_ERRORS) as error:
        run.screen.tell(f"Old versions remain: {sentence(error)}.")
    except KeyboardInterrupt:
        run.screen.tell("Old versions remain: interrupted.")
    else:
        if functions or layers or definitions:
            run.screen.tell(
                f"Deleted old versions: {functions} of functions, {layers} of the layer, {definitions} of the workflow."
            )
