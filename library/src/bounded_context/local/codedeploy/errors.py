"""How the stand-in says no: to a request, and to a deployment that has begun."""

from typing import Literal

FinalStatus = Literal["Succeeded", "Failed", "Stopped"]


class Refused(Exception):
    """A request that is not done; `code` is the name of one of CodeDeploy's exceptions."""

    def __init__(self, code: str, message: str) -> None:
        """Hold what the caller reads."""
        super().__init__(message)
        self.code = code
        self.message = message


class Ended(Exception):
    """The early end of a deployment; `code` is one of CodeDeploy's error codes, such as ALARM_ACTIVE."""

    def __init__(self, status: FinalStatus, code: str, message: str) -> None:
        """Hold what becomes the deployment's status and its error information."""
        super().__init__(message)
        self.status: FinalStatus = status
        self.code = code
        self.message = message


class Abandoned(Exception):
    """The stand-in itself stops, and its deployments with it."""
