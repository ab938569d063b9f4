"""Traffic shifting of one function through its alias."""

from typing import Any

from .appspec import AppSpec
from .errors import Ended


class Traffic:
    """The routing of an alias between two versions."""

    def __init__(self, functions: Any, appspec: AppSpec) -> None:
        """Store a Lambda client with the credentials of the group's service role."""
        self._functions = functions
        self._appspec = appspec
        self.weight = 0

    def check(self) -> None:
        """Raise Ended with CodeDeploy's message unless the alias points to the AppSpec's current version."""
        spec = self._appspec
        alias = self._functions.get_alias(FunctionName=spec.function, Name=spec.alias)
        if alias["FunctionVersion"] != spec.current:
            raise Ended(
                "Failed",
                "INVALID_LAMBDA_CONFIGURATION",
                "The deployment failed because the AppSpec file that specifies the AWS Lambda deployment configuration "
                "is missing or has an invalid configuration. The Lambda function alias version does not match the "
                f"current version in AppSpec file. ({alias['FunctionVersion']}, not {spec.current})",
            )

    def shift(self, weight: int) -> None:
        """Route `weight` percent to the target version; with 100 the alias points to it."""
        if weight == 100:
            self._update(self._appspec.target, {})
        else:
            self._update(self._appspec.current, {self._appspec.target: weight / 100})
        self.weight = weight

    def _update(self, version: str, others: dict[str, float]) -> None:
        self._functions.update_alias(
            FunctionName=self._appspec.function,
            Name=self._appspec.alias,
            FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": others},
        )
