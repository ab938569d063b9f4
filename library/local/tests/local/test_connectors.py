"""Connectors of the emulator send files over SFTP to a partner's server, one after the other, and have its refusals."""

import io
import json
from collections.abc import Iterator
from typing import Any

import asyncssh
import pytest
from botocore.exceptions import ClientError

from bounded_context_local.actors.partner_server import PartnerServer, serving_partner
from bounded_context_local.emulator.clock import until
from bounded_context_local.extensions.connectors import Connectors

ROLE, SECRET = (
    "arn:aws:iam::000000000000:role/deliver-acme",
    "arn:aws:secretsmanager:eu-west-1:000000000000:secret:acme",
)
PATHS = ["/inbox/outgoing/acme/a.csv", "/inbox/outgoing/acme/a.csv.control.json"]


class Account:
    """The objects and the secret that the role of a connector reads."""

    def __init__(self, secret: str) -> None:
        self.secret, self.objects = secret, {"outgoing/acme/a.csv": b"a;b\n" * 50_000}
        self.objects["outgoing/acme/a.csv.control.json"] = b"{}"

    def __call__(self, role: str) -> Any:
        assert role == ROLE
        return lambda _service: self

    def get_secret_value(self, **request: str) -> dict[str, str]:
        assert request == {"SecretId": SECRET}
        return {"SecretString": self.secret}

    def get_object(self, **request: str) -> dict[str, Any]:
        assert request["Bucket"] == "inbox"
        if request["Key"] not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "no such key"}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[request["Key"]])}


@pytest.fixture(scope="module")
def server() -> Iterator[PartnerServer]:
    with serving_partner("/in/daily") as server:
        yield server


@pytest.fixture
def account(server: PartnerServer) -> Account:
    server.full = False
    return Account(server.secret)


class Sent:
    """A connector, and the events of its transfers."""

    def __init__(self, account: Account, server: PartnerServer, **members: Any) -> None:
        self.events: list[tuple[str, str]] = []
        publish = lambda kind, detail: self.events.append((kind, detail["file-path"]))  # noqa: E731
        self.connectors = Connectors(account, publish)
        sftp = {"UserSecretId": SECRET, "TrustedHostKeys": server.setting["host_keys"]}
        request = {"AccessRole": ROLE, "Url": f"sftp://127.0.0.1:{server.port}", "SftpConfig": sftp}
        request |= {name: value for name, value in members.items() if name in request}
        sftp |= {name: value for name, value in members.items() if name in sftp}
        self.status, self.id = self.ask("CreateConnector", **request)

    def ask(self, operation: str, **request: Any) -> tuple[int, Any]:
        status, _, body = self.connectors.respond(operation, json.dumps(request).encode())
        answer = json.loads(body)
        return status, answer.get("ConnectorId", answer)

    def results(self, *paths: str, directory: str = "/in/daily") -> list[dict[str, str]]:
        _, started = self.ask(
            "StartFileTransfer", ConnectorId=self.id, SendFilePaths=paths, RemoteDirectoryPath=directory
        )
        asked = {"ConnectorId": self.id, "TransferId": started["TransferId"]}

        def results() -> list[dict[str, str]]:
            return self.ask("ListFileTransferResults", **asked)[1]["FileTransferResults"]

        assert until(lambda: len(self.events) == len(paths), 20)
        return results()

    def failure(self, *paths: str, **more: Any) -> str:
        [result] = self.results(*(paths or PATHS[:1]), **more)
        assert self.events == [("SFTP Connector File Send Failed", result["FilePath"])]
        return f"{result['FailureCode']}: {result['FailureMessage']}"


def test_files_arrive_one_after_the_other_with_an_event_each(account: Account, server: PartnerServer):
    sent = Sent(account, server)
    assert [result["StatusCode"] for result in sent.results(*PATHS)] == ["COMPLETED", "COMPLETED"]
    assert sent.events == [("SFTP Connector File Send Completed", path) for path in PATHS]
    assert server.files()["a.csv"] == account.objects["outgoing/acme/a.csv"]


def test_a_server_with_another_host_key_gets_nothing(account: Account, server: PartnerServer):
    other = asyncssh.generate_private_key("ecdsa-sha2-nistp256").export_public_key().decode().strip()
    before = server.files()
    assert Sent(account, server, TrustedHostKeys=[other]).failure().startswith("HOST_KEY_MISMATCH: ")
    assert server.files() == before


def test_the_refusals_of_a_server_are_failures_with_a_code(account: Account, server: PartnerServer):
    server.full = True
    assert Sent(account, server).failure() == "WRITE_FAILED: No space left on device"
    server.full = False
    assert Sent(account, server).failure(directory="/elsewhere").startswith("WRITE_FAILED: ")
    assert Sent(account, server).failure("/inbox/outgoing/acme/b.csv").startswith("ACCESS_DENIED: ")
    assert Sent(account, server, Url="sftp://127.0.0.1:1").failure().startswith("CONNECTION_FAILED: ")


@pytest.mark.parametrize(
    ("secret", "code"),
    [
        ('{"Username": "sender", "Password": "x"}', "AUTHENTICATION_FAILED"),
        ('{"Username": "other"}', "AUTHENTICATION_FAILED"),
        ('{"Username": "sender", "PrivateKey": "x"}', "INVALID_SECRET"),
        ('{"PrivateKey": "x"}', "INVALID_SECRET"),
        ("{}", "INVALID_SECRET"),
        ("generated", "INVALID_SECRET"),
    ],
)
def test_a_wrong_secret_is_a_failure(account: Account, server: PartnerServer, secret: str, code: str):
    account.secret = secret
    assert Sent(account, server).failure().partition(":")[0] == code


def test_bad_requests_are_refused(account: Account, server: PartnerServer):
    ed25519 = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    refused = Sent(account, server, TrustedHostKeys=[ed25519])
    assert (refused.status, refused.id["__type"]) == (400, "InvalidRequestException")
    sent = Sent(account, server)
    for connector, transfer in (("c-00000000000000000", "t"), (sent.id, "t")):
        status, answer = sent.ask("ListFileTransferResults", ConnectorId=connector, TransferId=transfer)
        assert (status, answer["__type"]) == (400, "ResourceNotFoundException")
