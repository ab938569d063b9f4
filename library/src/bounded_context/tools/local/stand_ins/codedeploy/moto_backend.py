"""moto's part of the stand-in: applications, groups and records of deployments, through moto's request handler."""

import json
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from .errors import Refused

if TYPE_CHECKING:
    from moto.codedeploy.models import DeploymentGroup, DeploymentInfo

TARGET_PREFIX = "CodeDeploy_20141006"
CONTENT_TYPE = "application/x-amz-json-1.1"


class MotoBackend:
    """A private moto backend of CodeDeploy for one account."""

    def __init__(self, region: str, account: str) -> None:
        """Create an empty backend; moto is imported here because its import is slow."""
        from moto.codedeploy.models import CodeDeployBackend
        from moto.codedeploy.responses import CodeDeployResponse

        backend = CodeDeployBackend(region, account)

        class Responses(CodeDeployResponse):
            @property
            def codedeploy_backend(self) -> CodeDeployBackend:
                return backend

        self._answering = threading.Lock()
        self._backend = backend
        self._responses = Responses

    def answer(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Return moto's response. Raises Refused with moto's error, or if moto lacks the operation."""
        from moto.core.request import Request

        request = Request.from_values(
            method="POST",
            headers={"X-Amz-Target": f"{TARGET_PREFIX}.{operation}", "Content-Type": CONTENT_TYPE},
            data=json.dumps(parameters),
        )
        try:
            with self._answering:
                status, _, body = self._responses.dispatch(request)
        except NotImplementedError as error:
            raise Refused("UnsupportedOperation", f"The stand-in for CodeDeploy has no {operation}.") from error
        answer: dict[str, Any] = json.loads(body or "{}")
        if status != HTTPStatus.OK:
            raise Refused(answer["__type"].rpartition("#")[2], answer["message"])
        return answer

    def records(self, application: str, group: str) -> "list[DeploymentInfo]":
        """Return the records of a group's deployments, oldest first."""
        found = self._backend.deployments.values()
        key = (application, group)
        return [record for record in found if (record.application_name, record.deployment_group_name) == key]

    def record(self, identity: str) -> "DeploymentInfo":
        """Return a deployment's record."""
        return self._backend.deployments[identity]

    def group(self, application: str, name: str) -> "DeploymentGroup":
        """Return a deployment group. Raises Refused if it or its application does not exist."""
        self.answer("GetDeploymentGroup", {"applicationName": application, "deploymentGroupName": name})
        return self._backend.deployment_groups[application][name]
