"""Stands in for an OSV service: knows of one vulnerability, of one package (google.github.io/osv.dev/api)."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ID = "GHSA-aaaa-bbbb-cccc"
ALIAS = "CVE-2026-12345"


@dataclass
class Service:
    """The stand-in of OSV: its address, the vulnerable package, and the packages of its queries."""

    vulnerable: str = ""
    url: str = ""
    packages: set[str] = field(default_factory=set)

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the vulnerability ids of each requested package."""
        names = [query["package"]["name"] for query in request["queries"]]
        self.packages |= set(names)
        known = {"vulns": [{"id": ID, "modified": "2026-01-31T12:00:00Z"}]}
        return {"results": [known if name == self.vulnerable else {} for name in names]}

    def described(self) -> dict[str, Any]:
        """Return what is known of the vulnerability."""
        events = [{"introduced": "0"}, {"fixed": "99.1"}]
        package = {"ecosystem": "PyPI", "name": self.vulnerable}
        return {
            "id": ID,
            "aliases": [ALIAS],
            "modified": "2026-01-31T12:00:00Z",
            "summary": "It reads more than it should",
            "affected": [{"package": package, "ranges": [{"type": "ECOSYSTEM", "events": events}]}],
        }


@contextmanager
def serving(vulnerable: str = "") -> Iterator[Service]:
    """Serve on a free port of this machine."""
    service = Service(vulnerable)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._say(service.answer(json.loads(self.rfile.read(int(self.headers["Content-Length"])))))

        def do_GET(self) -> None:
            self._say(service.described())

        def _say(self, said: object) -> None:
            body = json.dumps(said).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (named by http.server)
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    service.url = f"http://127.0.0.1:{server.server_port}"
    yield service
    server.shutdown()
    server.server_close()
