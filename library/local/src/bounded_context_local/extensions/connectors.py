"""SFTP connectors of Transfer in the emulator's process: each sends files with the permissions of its access role.

A connector sends one file after the other, as on AWS. AWS documents a single code of failed transfers, so the codes
here are the extension's own. The emulator's environment has asyncssh and botocore, but no package of the library.
"""

import asyncio
import contextvars
import json
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import asyncssh
from botocore.exceptions import ClientError

from .codedeploy.service import Clients

EVENT: Final = "SFTP Connector File Send"
_SECONDS: Final = 20
"""Timeout of a login."""

_CODES: Final = (
    (asyncssh.HostKeyNotVerifiable, "HOST_KEY_MISMATCH"),
    (asyncssh.PermissionDenied, "AUTHENTICATION_FAILED"),
    (asyncssh.SFTPError, "WRITE_FAILED"),
    ((asyncssh.KeyImportError, KeyError, ValueError), "INVALID_SECRET"),
    (ClientError, "ACCESS_DENIED"),
    (OSError, "CONNECTION_FAILED"),
)

Request = dict[str, Any]


class Refused(Exception):
    """A request that Transfer refuses, with its code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(eq=False)
class Connector:
    """A connector, its request, and the results of its transfers by their ids."""

    request: Request
    results: dict[str, list[Request]] = field(default_factory=dict)
    worker: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="connector"))


class Connectors:
    """The connectors. ``act_as`` returns the clients of a role, and ``publish`` sends an event of Transfer."""

    def __init__(self, act_as: Callable[[str], Clients], publish: Callable[[str, Request], None]) -> None:
        self._act_as, self._publish = act_as, publish
        self._connectors: dict[str, Connector] = {}
        self._operations: Mapping[str, Callable[[Request], Request]] = {
            "CreateConnector": self._create,
            "StartFileTransfer": self._start,
            "ListFileTransferResults": self._results,
        }

    def respond(self, operation: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body of a response in Transfer's JSON protocol."""
        try:
            status, content = 200, self._operations[operation](json.loads(body or b"{}"))
        except Refused as refused:
            status, content = 400, {"__type": refused.code, "Message": str(refused)}
        return status, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(content).encode()

    def _create(self, request: Request) -> Request:
        name = f"c-{uuid.uuid4().hex[:17]}"
        for key in request["SftpConfig"]["TrustedHostKeys"]:
            if not key.startswith(("ssh-rsa ", "ecdsa-sha2-")):
                raise Refused("InvalidRequestException", "a trusted host key is neither of RSA nor of ECDSA")
        self._connectors[name] = Connector(request)
        return {"ConnectorId": name}

    def _connector(self, request: Request) -> Connector:
        name = request["ConnectorId"]
        if name not in self._connectors:
            raise Refused("ResourceNotFoundException", f"Unknown connector {name}")
        return self._connectors[name]

    def _start(self, request: Request) -> Request:
        connector, transfer = self._connector(request), str(uuid.uuid4())
        connector.results[transfer] = results = [
            {"FilePath": path, "StatusCode": "QUEUED"} for path in request["SendFilePaths"]
        ]
        for result in results:
            # The stores of the emulator are those of the account and region of the request.
            context = contextvars.copy_context()
            connector.worker.submit(context.run, self._send, connector, request, transfer, result)
        return {"TransferId": transfer}

    def _results(self, request: Request) -> Request:
        transfer = request["TransferId"]
        if transfer not in self._connector(request).results:
            raise Refused("ResourceNotFoundException", f"Unknown transfer {transfer}")
        return {"FileTransferResults": self._connector(request).results[transfer]}

    def _send(self, connector: Connector, request: Request, transfer: str, result: Request) -> None:
        result["StatusCode"] = "IN_PROGRESS"
        directory = request.get("RemoteDirectoryPath", "")
        try:
            self._put(connector.request, result["FilePath"], directory)
        except Exception as error:
            code = next((code for kinds, code in _CODES if isinstance(error, kinds)), "INTERNAL_ERROR")
            result |= {"StatusCode": "FAILED", "FailureCode": code, "FailureMessage": str(error)}
        else:
            result["StatusCode"] = "COMPLETED"
        detail = {
            "operation": "SEND",
            "connector-id": request["ConnectorId"],
            "transfer-id": transfer,
            "url": connector.request["Url"],
            "file-path": result["FilePath"],
            "remote-directory-path": directory,
            "status-code": result["StatusCode"],
        }
        self._publish(f"{EVENT} {result['StatusCode'].capitalize()}", detail)

    def _put(self, connector: Request, path: str, directory: str) -> None:
        clients, settings = self._act_as(connector["AccessRole"]), connector["SftpConfig"]
        text = clients("secretsmanager").get_secret_value(SecretId=settings["UserSecretId"])["SecretString"]
        secret, (bucket, _, key) = json.loads(text), path.removeprefix("/").partition("/")
        content = clients("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        trusted = [asyncssh.import_public_key(text) for text in settings["TrustedHostKeys"]]
        place = "/".join(filter(None, (directory.rstrip("/"), key.rpartition("/")[2])))
        asyncio.run(_write(connector["Url"], secret, trusted, place, content))


async def _write(url: str, secret: Mapping[str, str], trusted: Any, place: str, content: bytes) -> None:
    """Write a file over SFTP, under its final name from the first byte on: AWS documents no other way."""
    address = urlsplit(url)
    keys = [asyncssh.import_private_key(secret["PrivateKey"])] if "PrivateKey" in secret else None
    async with (
        asyncssh.connect(
            address.hostname or "",
            address.port or 22,
            username=secret["Username"],
            password=secret.get("Password"),
            client_keys=keys,
            known_hosts=(trusted, [], []),
            agent_path=None,
            config=None,
            login_timeout=_SECONDS,
        ) as connection,
        connection.start_sftp_client() as client,
        client.open(place, "wb") as file,
    ):
        await file.write(content)
