"""S3 and KMS of moto for Pulumi's engine, behind a guard that permits what policy documents permit."""

import io
import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from tests.accounts.evaluation import Caller, Document, Policy, Target, allowed

ACCOUNT, REGION = "123456789012", "eu-west-1"
Authorization = tuple[str, str, dict[str, Any]]
"""An action, the ARN of its resource, and the condition keys of the request."""

_FORBIDDEN = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
_ACTIONS = {"GET": "s3:GetObject", "HEAD": "s3:GetObject", "PUT": "s3:PutObject", "DELETE": "s3:DeleteObject"}


@dataclass
class Guard:
    """An application that refuses the calls which the policies do not allow. Without policies, it permits all calls.

    `refused` contains the action and the object or prefix of each refused call, `key` the ARN of the only KMS key.
    """

    key: str = ""
    policies: tuple[Policy, ...] = ()
    refused: list[tuple[str, str]] = field(default_factory=list)
    served: Any = field(default_factory=lambda: DomainDispatcherApplication(create_backend_app))

    def permit(self, *documents: Document) -> None:
        """Permit what these documents allow, from now on."""
        self.policies = tuple(map(Policy, documents))
        self.refused.clear()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        for action, arn, keys in _kms(environ, self.key) if "HTTP_X_AMZ_TARGET" in environ else _s3(environ):
            caller = Caller(f"arn:aws:iam::{ACCOUNT}:role/step", ACCOUNT, self.policies)
            if self.policies and not allowed(caller, action, Target(arn, ACCOUNT), keys):
                self.refused.append((action, keys.get("s3:prefix", arn)))
                start_response("403 Forbidden", [("Content-Type", "application/xml")])
                return [_FORBIDDEN]
        return self.served(environ, start_response)


def _kms(environ: dict[str, Any], key: str) -> Iterator[Authorization]:
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    environ["wsgi.input"] = io.BytesIO(body)
    pairs = json.loads(body).get("EncryptionContext") or {}
    action = environ["HTTP_X_AMZ_TARGET"].partition(".")[2]
    yield f"kms:{action}", key, {f"kms:encryptioncontext:{name}": value for name, value in pairs.items()}


def _s3(environ: dict[str, Any]) -> Iterator[Authorization]:
    """Yield the actions of a call of S3 with the bucket in the path. A missing object is only reported to a lister."""
    bucket, _, key = unquote(environ["PATH_INFO"]).removeprefix("/").partition("/")
    arn, method = f"arn:aws:s3:::{bucket}", environ["REQUEST_METHOD"]
    prefix = key or parse_qs(environ["QUERY_STRING"]).get("prefix", [""])[0]
    if method in ("GET", "HEAD"):
        yield "s3:ListBucket", arn, {"s3:prefix": prefix}
    if key:
        yield _ACTIONS[method], f"{arn}/{key}", {}
    if source := environ.get("HTTP_X_AMZ_COPY_SOURCE"):
        yield "s3:GetObject", f"arn:aws:s3:::{unquote(source).removeprefix('/')}", {}


@contextmanager
def serving(guard: Guard) -> Iterator[str]:
    """Serve a guard on a free port, and return the address."""
    server = make_server("127.0.0.1", 0, guard, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
