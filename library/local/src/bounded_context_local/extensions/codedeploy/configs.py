"""Deployment configurations: CodeDeploy's predefined configurations for Lambda, and the stack's own."""

import uuid
from datetime import UTC, datetime
from typing import Any

from bounded_context_infra.configuration.strategy import PREDEFINED, BadStrategy, Strategy

from .errors import Refused

DEFAULT = "CodeDeployDefault.Lambda"

Parameters = dict[str, Any]


class Configs:
    """The strategies of the deployment configurations, and their descriptions, by name."""

    def __init__(self) -> None:
        """Add AWS's predefined configurations."""
        self._strategies = {f"{DEFAULT}{name}": Strategy.parse(name) for name in PREDEFINED}
        self._infos = {name: _info(name, strategy) for name, strategy in self._strategies.items()}

    def strategy(self, name: str) -> Strategy:
        """Return the strategy of a configuration. Raises Refused with DeploymentConfigDoesNotExistException."""
        if name not in self._strategies:
            message = f"There is no deployment configuration for Lambda named {name}"
            raise Refused("DeploymentConfigDoesNotExistException", message)
        return self._strategies[name]

    def create(self, parameters: Parameters) -> Parameters:
        """Handle CreateDeploymentConfig."""
        name, strategy = parameters["deploymentConfigName"], _strategy(parameters)
        if name in self._strategies:
            message = f"The deployment configuration {name} already exists"
            raise Refused("DeploymentConfigAlreadyExistsException", message)
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
        raise Refused("InvalidComputePlatformException", "Only the compute platform Lambda is supported.")
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
        raise Refused("InvalidTrafficRoutingConfigurationException", message) from error


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
