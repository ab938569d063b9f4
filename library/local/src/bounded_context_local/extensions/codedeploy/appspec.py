"""What a deployment of CodeDeploy contains: its AppSpec, its configuration, and its errors.

CodeDeploy user guide, "AppSpec File structure for AWS Lambda deployments". It uses no package of the run's environment.
"""

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal, Self

from bounded_context_infra.configuration.strategy import PREDEFINED, BadStrategy, Strategy


@dataclass
class RefusedRequest(Exception):
    """A rejected request; `code` is the name of a CodeDeploy exception."""

    code: str
    message: str


@dataclass
class Ended(Exception):
    """The early end of a deployment; `code` is one of CodeDeploy's error codes, such as ALARM_ACTIVE."""

    status: Literal["Failed", "Stopped"]
    code: str
    message: str = ""
    rolls_back: bool = True


BEFORE: Final = "BeforeAllowTraffic"
AFTER: Final = "AfterAllowTraffic"

_TYPE: Final = "AWS::Lambda::Function"
_CONTENTS: Final = {"AppSpecContent": "appSpecContent", "String": "string"}
_VERSION: Final = re.compile(r"[1-9]\d*")
"""The number of a published version."""


@dataclass(frozen=True)
class AppSpec:
    """A parsed AppSpec; `hooks` maps lifecycle events to function names."""

    resource: str
    function: str
    alias: str
    current: int
    target: int
    hooks: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_revision(cls, revision: Mapping[str, Any]) -> Self:
        """Read and check the AppSpec of a revision. Raises RefusedRequest with InvalidRevisionException."""
        document = _parse(_content(revision))
        _check("version", document.get("version"), str(document.get("version")) == "0.0", "write 0.0")
        resources: Any = document.get("Resources")
        single = isinstance(resources, list) and len(resources) == 1 and len(resources[0]) == 1
        _check("Resources", resources, single, "write one resource")
        [(resource, function)] = resources[0].items()
        _check("Type", function.get("Type"), function.get("Type") == _TYPE, f"write {_TYPE}")
        name, alias, *versions = (
            _property(function, key) for key in ("Name", "Alias", "CurrentVersion", "TargetVersion")
        )
        hooks = {event: name for hook in document.get("Hooks") or [] for event, name in hook.items()}
        for event in hooks:
            _check("Hooks", event, event in (BEFORE, AFTER), f"write {BEFORE} or {AFTER}")
        current, target = map(int, versions)
        return cls(resource, name, alias, current, target, hooks)

    def reversed(self) -> Self:
        """Return the AppSpec of the rollback, without hooks."""
        return replace(self, current=self.target, target=self.current, hooks={})

    def text(self) -> str:
        """Return the document, as JSON."""
        versions = {"CurrentVersion": str(self.current), "TargetVersion": str(self.target)}
        properties = {"Name": self.function, "Alias": self.alias, **versions}
        resource = {self.resource: {"Type": _TYPE, "Properties": properties}}
        hooks = [{event: name} for event, name in self.hooks.items()]
        return json.dumps({"version": 0.0, "Resources": [resource], "Hooks": hooks})


def sha256(content: str) -> str:
    """Return the hash of an AppSpec, as revisions contain it."""
    return hashlib.sha256(content.encode()).hexdigest()


def _content(revision: Mapping[str, Any]) -> str:
    kind = revision.get("revisionType")
    if kind not in _CONTENTS:
        raise _invalid(f"Revisions of type {kind} are not supported: pass the AppSpec as AppSpecContent.")
    member = revision.get(_CONTENTS[kind]) or {}
    content = member.get("content", "")
    if member.get("sha256") not in (None, sha256(content)):
        raise _invalid("The sha256 of the revision does not match its content.")
    return content


def _parse(content: str) -> dict[str, Any]:
    import yaml

    try:
        document = yaml.safe_load(content)
    except yaml.YAMLError as error:
        raise _invalid(f"The AppSpec is neither JSON nor YAML: {error}") from error
    if not isinstance(document, dict):
        raise _invalid(f"The AppSpec is {content[:80]!r}: write a valid dictionary.")
    return document


def _property(function: Mapping[str, Any], key: str) -> str:
    value = str((function.get("Properties") or {}).get(key, ""))
    valid = bool(_VERSION.fullmatch(value) if key.endswith("Version") else value)
    _check(key, value, valid, "write the number of a version" if key.endswith("Version") else "write a name")
    return value


def _check(name: str, value: object, valid: bool, remedy: str) -> None:
    if not valid:
        raise _invalid(f"The AppSpec is invalid: {name} is {value!r}: {remedy}.")


def _invalid(message: str) -> RefusedRequest:
    return RefusedRequest("InvalidRevisionException", message)


DEFAULT = "CodeDeployDefault.Lambda"

Parameters = dict[str, Any]


class Configs:
    """The strategies of the deployment configurations, and their descriptions, by name."""

    def __init__(self) -> None:
        """Add AWS's predefined configurations."""
        self._strategies = {f"{DEFAULT}{name}": Strategy.parse(name) for name in PREDEFINED}
        self._infos = {name: _info(name, strategy) for name, strategy in self._strategies.items()}

    def strategy(self, name: str) -> Strategy:
        """Return the strategy of a configuration. Raises RefusedRequest with DeploymentConfigDoesNotExistException."""
        if name not in self._strategies:
            message = f"There is no deployment configuration for Lambda named {name}"
            raise RefusedRequest("DeploymentConfigDoesNotExistException", message)
        return self._strategies[name]

    def create(self, parameters: Parameters) -> Parameters:
        """Handle CreateDeploymentConfig."""
        name, strategy = parameters["deploymentConfigName"], _strategy(parameters)
        if name in self._strategies:
            message = f"The deployment configuration {name} already exists"
            raise RefusedRequest("DeploymentConfigAlreadyExistsException", message)
        self._strategies[name], self._infos[name] = strategy, _info(name, strategy)
        return {"deploymentConfigId": self._infos[name]["deploymentConfigId"]}

    def get(self, parameters: Parameters) -> Parameters:
        """Handle GetDeploymentConfig."""
        name = parameters["deploymentConfigName"]
        self.strategy(name)
        return {"deploymentConfigInfo": self._infos[name]}


def _strategy(parameters: Parameters) -> Strategy:
    """Convert the traffic routing to a Strategy, which validates CodeDeploy's limits."""
    if parameters.get("computePlatform") != "Lambda":
        raise RefusedRequest("InvalidComputePlatformException", "Only the compute platform Lambda is supported.")
    routing = parameters.get("trafficRoutingConfig") or {}
    kind = str(routing.get("type")).removeprefix("TimeBased")
    try:
        if kind not in ("Canary", "Linear"):
            return Strategy.parse(kind)
        block, every = routing[f"timeBased{kind}"], "Every" if kind == "Linear" else ""
        percentage, minutes = block[f"{kind.lower()}Percentage"], block[f"{kind.lower()}Interval"]
        return Strategy.parse(f"{kind}{percentage}Percent{every}{minutes}Minutes")
    except (BadStrategy, KeyError) as error:
        message = f"Invalid traffic routing: {error}"
        raise RefusedRequest("InvalidTrafficRoutingConfigurationException", message) from error


def _routing(strategy: Strategy) -> Parameters:
    if strategy.kind == "AllAtOnce":
        return {"type": "AllAtOnce"}
    member = strategy.kind.lower()
    block = {f"{member}Percentage": strategy.percentage, f"{member}Interval": strategy.minutes}
    return {"type": f"TimeBased{strategy.kind}", f"timeBased{strategy.kind}": block}


def _info(name: str, strategy: Strategy) -> Parameters:
    return {
        "deploymentConfigId": str(uuid.uuid4()),
        "deploymentConfigName": name,
        "createTime": datetime.now(UTC).timestamp(),
        "computePlatform": "Lambda",
        "trafficRoutingConfig": _routing(strategy),
    }
