"""Errors of CodeDeploy: rejected requests, and deployments that end early."""

from dataclasses import dataclass
from typing import Literal


@dataclass
class Refused(Exception):
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
