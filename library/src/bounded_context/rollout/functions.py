"""Where the alias of a function is, and where it could be."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .errors import Refused
from .outputs import Function

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_lambda import LambdaClient


class NoVersion(Refused):
    """A function has no version, or its alias is at none."""


@dataclass(frozen=True)
class Position:
    """The version that an alias is at, the newest one, and the shares (0 to 1) that others have of its traffic."""

    live: str
    newest: str
    shifting: "Mapping[str, float]" = field(default_factory=dict)


class Functions:
    """Reads functions' aliases and versions."""

    def __init__(self, client: "LambdaClient") -> None:
        self._client = client

    def read(self, function: Function) -> Position:
        """Where a function is. Raises ClientError, and NoVersion for one that has no version to move from or to."""
        alias = self._client.get_alias(FunctionName=function.aws_name, Name=function.alias)
        live = alias["FunctionVersion"]
        if not live.isdecimal():
            raise NoVersion(f"{function.aws_name}'s alias {function.alias} is at {live}: point it at a version first.")
        return Position(
            live, self._newest(function), alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        )

    def _newest(self, function: Function) -> str:
        pages = self._client.get_paginator("list_versions_by_function").paginate(FunctionName=function.aws_name)
        versions = [version.get("Version", "") for page in pages for version in page["Versions"]]
        numbers = [version for version in versions if version.isdecimal()]
        if not numbers:
            raise NoVersion(f"{function.aws_name} has no version: deploy the stack again.")
        return max(numbers, key=int)
