"""What surrounds a build on CodeBuild: credentials from the container's own address, and AWS (moto) in its account."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_CREDENTIALS = {
    "AccessKeyId": "AKIABUILD",
    "SecretAccessKey": "secret",
    "Token": "token",
    "Expiration": "2099-01-01T00:00:00Z",
}


class _Credentials(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps(_CREDENTIALS).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (named by http.server)
        pass


@contextmanager
def credentials() -> Iterator[str]:
    """The address of the build's credentials, as ECS and CodeBuild hand them out."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Credentials)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/credentials"
    server.shutdown()
    server.server_close()


@contextmanager
def lambda_answers(endpoint: str, account: str, region: str, answers: list[str]) -> Iterator[None]:
    """Let moto's Lambda answer these in turn, in one account; without a container engine it runs no code."""
    _post(f"{endpoint}/moto-api/config", {"lambda": {"use_docker": False}})
    static = {"account_id": account, "region": region, "results": answers}
    _post(f"{endpoint}/moto-api/static/lambda-simple/response", static)
    yield
    _post(f"{endpoint}/moto-api/config", {"lambda": {"use_docker": True}})


def _post(url: str, body: object) -> None:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310
    urllib.request.urlopen(request).close()  # noqa: S310
