"""Errors of the stand-in: rejected requests, and deployments that end early."""

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
    message: str


class Abandoned(Exception):
    """The end of a deployment because the stand-in stops."""
