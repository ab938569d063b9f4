"""Start of the emulator with its extensions, by its environment's interpreter: `python -P launcher.py INFRA`.

The patches of `upstream/` change the emulator's modules in memory, when they are imported. Each patch names the digest
of the file before and after, so another version of the emulator ends at its start, with the patch's name.

The emulator's environment does not contain the library. The launcher adds this distribution's package, and the package
of the infrastructure in the folder INFRA, without their packages. So extensions import only modules of these, of the
standard library and of the emulator.
"""

import hashlib
import json
import os
import re
import sys
import sysconfig
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

PATCHES = sorted((Path(__file__).parent / "upstream").glob("*.patch"))
LIBRARY = Path(__file__).parents[1]

_FILE = re.compile(
    r"^diff --git a/(ministack/\S+)\.py .*\nindex (\w+)\.\.(\w+) .*\n.*\n.*\n((?:[@ +-].*\n)+?)(?=diff |\Z)", re.M
)
_HUNK = re.compile(r"^@@ -(\d+).*\n((?:[ +-].*\n)+)", re.M)


def patched(site: Path) -> dict[str, bytes]:
    """Return the patched source of each changed module, by the module's name; `site` contains the package.

    Raises:
        SystemExit: a file differs from the file that a patch changes.
    """
    sources = dict[str, bytes]()
    for patch in PATCHES:
        for path, before, after, hunks in _FILE.findall(patch.read_text(encoding="utf-8")):
            name = path.replace("/", ".")
            source = sources.get(name) or (site / f"{path}.py").read_bytes()
            sources[name] = _apply(source, hunks)
            if not (_blob(source).startswith(before) and _blob(sources[name]).startswith(after)):
                raise SystemExit(f"{patch.name} does not fit {path}.py of this MiniStack: renew the patch or the pin.")
    return sources


def _apply(source: bytes, hunks: str) -> bytes:
    lines, moved = source.decode().splitlines(keepends=True), 0
    for first, hunk in _HUNK.findall(hunks):
        before, after = (
            [line[1:] for line in hunk.splitlines(keepends=True) if line[0] in kind] for kind in (" -", " +")
        )
        start = int(first) - 1 + moved
        lines[start : start + len(before)] = after
        moved += len(after) - len(before)
    return "".join(lines).encode()


def _blob(content: bytes) -> str:
    """Return the digest of a file's content in git."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


class _Loader(SourceFileLoader):
    """A loader of a patched source. The size in its statistics keeps its byte code apart from the original's."""

    source = b""

    def get_data(self, path: str) -> bytes:
        return self.source if path == self.path else super().get_data(path)

    def path_stats(self, path: str) -> dict[str, float]:
        return {**super().path_stats(path), "size": len(self.source)}


class Patches:
    """The finder of the patched modules."""

    def __init__(self, sources: dict[str, bytes]) -> None:
        self._sources = sources

    def find_spec(self, name: str, path: Sequence[str] | None = None, _target: object = None) -> ModuleSpec | None:
        """Return the specification of a patched module, and None for other modules."""
        spec = PathFinder.find_spec(name, path) if name in self._sources else None
        if spec:
            spec.loader = loader = _Loader(name, str(spec.origin))
            loader.source = self._sources[name]
        return spec


def main() -> None:
    """Apply the patches, register the extensions, and run the emulator until it ends."""
    site = Path(sysconfig.get_path("purelib"))
    sys.meta_path.insert(0, Patches(patched(site)))
    for folder in (LIBRARY, Path(sys.argv.pop(1))):
        sys.modules[folder.name] = package = ModuleType(folder.name)
        package.__path__ = [str(folder)]
    from ministack import app  # pyrefly: ignore[missing-import] (of the emulator's environment)

    app.SERVICE_HANDLERS["codedeploy"] = _codedeploy()
    app.SERVICE_HANDLERS["transfer"] = _transfer(app.SERVICE_HANDLERS["transfer"])
    app.SERVICE_HANDLERS["sqs"] = _sqs()
    app.main()


def _codedeploy() -> Callable[..., Awaitable[Any]]:
    """Register CodeDeploy's requests, and return their handler."""
    from ministack.core import concurrency, iam_actions, responses, router  # pyrefly: ignore[missing-import]

    from bounded_context_local.extensions.codedeploy import service

    router.SERVICE_PATTERNS["codedeploy"] = {"target_prefixes": [service.TARGET]}
    iam_actions.SERVICE_TO_IAM_NAMESPACE["codedeploy"] = "codedeploy"
    region, account = os.environ["MINISTACK_REGION"], responses.get_account_id()
    api = service.operations(service.Service(service.assumed), region, account)

    async def handle(_method: str, _path: str, headers: Mapping[str, str], body: bytes, _query: object) -> Any:
        # In a thread of its own, because CodeDeploy calls this emulator.
        return await concurrency.run_reentrant(service.respond, api, headers, body)

    return handle


def _sqs() -> Callable[..., Awaitable[Any]]:
    from ministack.services import lambda_svc, sqs  # pyrefly: ignore[missing-import]

    from bounded_context_local.extensions import lineage

    return lineage.keep(sqs, lambda_svc)


def _transfer(servers: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Return the handler of Transfer's requests: `servers` handles the requests that are not about connectors."""
    from ministack.core import concurrency, iam_actions  # pyrefly: ignore[missing-import]

    own: list[Any] = []
    arn_of = iam_actions.extract_resource_arn

    def resource_arn(service: str, method: str, path: str, *rest: Any, **more: Any) -> str:
        """Return the resource of a request, for IAM: the emulator knows no connectors."""
        arn = arn_of(service, method, path, *rest, **more)
        bodies = [each for each in (*rest, *more.values()) if isinstance(each, bytes)]
        found = _CONNECTOR.search(bodies[0]) if service == "transfer" and arn == "*" and bodies else None
        place = f"{os.environ['MINISTACK_REGION']}:{_account()}"
        return f"arn:aws:transfer:{place}:connector/{found[1].decode()}" if found else arn

    iam_actions.extract_resource_arn = resource_arn

    async def handle(method: str, path: str, headers: Mapping[str, str], body: bytes, query: object) -> Any:
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        if operation not in _OF_CONNECTORS:
            return await servers(method, path, headers, body, query)
        # asyncssh is slow to import, so a run without connectors does not import it.
        if not own:
            own.append(_connectors())
        # In a thread of its own, because a connector calls this emulator.
        return await concurrency.run_reentrant(own[0].respond, operation, body)

    return handle


_OF_CONNECTORS = ("CreateConnector", "StartFileTransfer", "ListFileTransferResults")
_CONNECTOR = re.compile(rb'"ConnectorId": ?"(c-[0-9a-f]{17})"')


def _account() -> str:
    from ministack.core import responses  # pyrefly: ignore[missing-import]

    return responses.get_account_id()


def _connectors() -> Any:
    """Return the connectors, whose events have the source of AWS."""
    from ministack.services import eventbridge  # pyrefly: ignore[missing-import]

    from bounded_context_local.extensions.codedeploy import service
    from bounded_context_local.extensions.connectors import Connectors

    def publish(kind: str, detail: Mapping[str, Any]) -> None:
        entry = {"Source": "aws.transfer", "DetailType": kind, "Detail": json.dumps(detail)}
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)

    return Connectors(service.assumed, publish)


if __name__ == "__main__":
    main()
