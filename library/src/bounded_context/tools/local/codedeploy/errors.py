"""Errors of the stand-in: rejected requests, and deployments that end early."""

from typing import Literal

FinalStatus = Literal["Succeeded", "Failed", "Stopped"]


class Refused(Exception):
    """A rejected request; `code` is the name of a CodeDeploy exception."""

    def __init__(self, code: str, message: str) -> None:
        """Store the code and the message of the response."""
        super().__init__(message)
        self.code = code
        self.message = message


class Ended(Exception):
    """The early end of a deployment; `code` is one of CodeDeploy's error codes, such as ALARM_ACTIVE."""

    def __init__(self, status: FinalStatus, code: str, message: str) -> None:
        """Store the deployment's final status and error information."""
        super().__init__(message)
        self.status: FinalStatus = status
        self.code = code
        self.message = message


class Abandoned(Exception):
    """The end of a deployment because the stand-in stops."""
