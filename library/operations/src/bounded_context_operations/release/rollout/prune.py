"""Delete old versions of functions, of their layer and of the state machine after a release.

Versions that an alias routes to, the version that `rollout back` returns to, and the newest versions remain.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from bounded_context_cli.command.aws_errors import AWS_ERRORS, Refusal, code, sentence

from .deployments import WORKERS, noted
from .machines import Machines, NoMachine, Routing
from .returns import plan_of
from .status import RolloutRun
from .survey import Finding

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

    def __init__(self, client: "LambdaClient", application: str) -> None:
        """Set the client, and the application, whose name begins the layer's."""
        self._client = client
        self._application = application

    def read(self, run: RolloutRun) -> list[Versions]:
        """Return the versions of all functions, and of the hooks, which have no alias and no deployments.

        Raises:
            Refusal: the last release cannot be known.
        """
        names = [*(function.aws_name for function in run.release.functions), *run.release.hooks.values()]
        with ThreadPoolExecutor(WORKERS) as pool:
            read = list(pool.map(lambda name: Versions(name, self._layers(name), self._routed(name)), names))
        # The deployments are read last: a deployment that begins later starts from a version that remains.
        survey = run.survey()
        way_back = plan_of(run, survey).versions
        releases = {finding.function.aws_name: finding for finding in survey.findings}
        return [_with_releases(versions, releases.get(versions.function), way_back) for versions in read]

    def delete(self, function_versions: Sequence[Versions]) -> tuple[int, int]:
        """Delete the old versions, and return the numbers of the functions' and of the layer's.

        The layer comes first: a function that still uses a deleted version keeps a copy of it (Lambda API reference,
        DeleteLayerVersion), and a run that ends early leaves the functions' versions to the next run.
        """
        layers = old_layers(function_versions, self._application)
        for layer in layers:
            name, _, version = layer.rpartition(":")
            self._client.delete_layer_version(LayerName=name, VersionNumber=int(version))
        pairs = [(versions.function, old) for versions in function_versions for old in versions.old]
        with ThreadPoolExecutor(WORKERS) as pool:
            return sum(pool.map(lambda pair: self._delete(*pair), pairs)), len(layers)

    def _layers(self, name: str) -> dict[str, frozenset[str]]:
        pages = self._client.get_paginator("list_versions_by_function").paginate(FunctionName=name)
        return {
            version.get("Version", ""): frozenset(layer.get("Arn", "") for layer in version.get("Layers", []))
            for page in pages
            for version in page["Versions"]
        }

    def _routed(self, name: str) -> frozenset[str]:
        """Return the versions that any alias of a function routes to."""
        pages = self._client.get_paginator("list_aliases").paginate(FunctionName=name)
        return frozenset(
            version
            for page in pages
            for alias in page["Aliases"]
            for version in (
                alias.get("FunctionVersion", ""),
                *(alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights", {}),
            )
        )

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


def _with_releases(versions: Versions, finding: Finding | None, way_back: Mapping[str, str]) -> Versions:
    """Add the versions that a way back needs. A hook has no finding."""
    if finding is None:
        return versions
    before = {note.before for _, note in noted(finding.history) if note.target in versions.needed}
    needed = versions.needed | before | {way_back[finding.function.name]}
    return replace(versions, needed=needed, moving=finding.active is not None)


def old_layers(function_versions: Sequence[Versions], application: str) -> list[str]:
    """Return the versions of the stack's own layer that only old versions of functions use, by ARN."""
    remaining = {layer for versions in function_versions for layer in versions.layers_of_remaining}
    old = {layer for versions in function_versions for layer in versions.layers_of_old} - remaining
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


def prune(run: RolloutRun, client: "LambdaClient") -> None:
    """Delete the old versions of a stack. An error or Ctrl-C is shown, and fails no release."""
    try:
        pruning = Pruning(client, run.release.application)
        functions, layers = pruning.delete(pruning.read(run))
        machines = run.services.machines
        definitions = sum(map(machines.delete, old_definitions(machines)))
    except (Refusal, *AWS_ERRORS) as error:
        run.screen.tell(f"Old versions remain: {sentence(error)}.")
    except KeyboardInterrupt:
        run.screen.tell("Old versions remain: interrupted.")
    else:
        if functions or layers or definitions:
            run.screen.tell(
                f"Deleted old versions: {functions} of functions, {layers} of the layer, {definitions} of the workflow."
            )
