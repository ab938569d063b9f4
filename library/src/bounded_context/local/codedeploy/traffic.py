"""The traffic of one function: its alias, moved as CodeDeploy moves it."""

from typing import Any

from .appspec import AppSpec
from .errors import Ended


class Traffic:
    """An alias between two versions."""

    def __init__(self, functions: Any, appspec: AppSpec) -> None:
        """Use a Lambda client, with what the group's service role may do."""
        self._functions = functions
        self._appspec = appspec
        self.weight = 0

    def check(self) -> None:
        """Make sure that the alias is where the AppSpec says. Raises Ended, in the words of CodeDeploy."""
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
        """Give the target version so many percent; with 100 the alias points at it."""
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
