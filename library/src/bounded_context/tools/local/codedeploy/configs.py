"""Deployment configurations: CodeDeploy's predefined configurations for Lambda, and the stack's own."""

import uuid
from datetime import UTC, datetime
from typing import Any

from ....configuration.strategy import PREDEFINED, BadStrategy, Strategy
from .errors import Refused

DEFAULT = "CodeDeployDefault.Lambda"

Parameters = dict[str, Any]


class Configs:
    """The deployment configurations by name."""

    def __init__(self) -> None:
        """Add AWS's predefined configurations."""
        self._infos = {f"{DEFAULT}{name}": _info(f"{DEFAULT}{name}", Strategy.parse(name)) for name in PREDEFINED}
        self._strategies = {f"{DEFAULT}{name}": Strategy.parse(name) for name in PREDEFINED}

    def strategy(self, name: str) -> Strategy:
        """Return the strategy of a configuration. Raises Refused with DeploymentConfigDoesNotExistException."""
        if name not in self._strategies:
            raise Refused(
                "DeploymentConfigDoesNotExistException", f"There is no deployment configuration for Lambda named {name}"
            )
        return self._strategies[name]

    def create(self, parameters: Parameters) -> Parameters:
        """Handle CreateDeploymentConfig."""
        name, strategy = parameters["deploymentConfigName"], _strategy(parameters)
        if name in self._strategies:
            raise Refused(
                "DeploymentConfigAlreadyExistsException", f"The deployment configuration {name} already exists"
            )
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
        raise Refused("InvalidComputePlatformException", "The stand-in supports the compute platform Lambda only.")
    try:
        return Strategy.parse(_strategy_name(parameters.get("trafficRoutingConfig") or {}))
    except (BadStrategy, KeyError) as error:
        message = f"Invalid traffic routing: {error}"
        raise Refused("InvalidTrafficRoutingConfigurationException", message) from error


def _strategy_name(routing: Parameters) -> str:
    match routing.get("type"):
        case "TimeBasedCanary":
            canary = routing["timeBasedCanary"]
            return f"Canary{canary['canaryPercentage']}Percent{canary['canaryInterval']}Minutes"
        case "TimeBasedLinear":
            linear = routing["timeBasedLinear"]
            return f"Linear{linear['linearPercentage']}PercentEvery{linear['linearInterval']}Minutes"
        case other:
            return str(other)


def _routing(strategy: Strategy) -> Parameters:
    match strategy.kind:
        case "AllAtOnce":
            return {"type": "AllAtOnce"}
        case "Canary":
            canary = {"canaryPercentage": strategy.percentage, "canaryInterval": strategy.minutes}
            return {"type": "TimeBasedCanary", "timeBasedCanary": canary}
        case "Linear":
            linear = {"linearPercentage": strategy.percentage, "linearInterval": strategy.minutes}
            return {"type": "TimeBasedLinear", "timeBasedLinear": linear}


def _info(name: str, strategy: Strategy) -> Parameters:
    return {
        "deploymentConfigId": str(uuid.uuid4()),
        "deploymentConfigName": name,
        "createTime": datetime.now(UTC).timestamp(),
        "computePlatform": "Lambda",
        "trafficRoutingConfig": _routing(strategy),
    }
