"""A step installs only files whose hash is in the repository: in `uv.lock`, or in a list of requirements."""

import json
import re
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from urllib.request import Request, urlopen
from zipfile import ZipFile

import pytest
from bounded_context_cli.programs.environment import LAYER
from test_library import served, tagged

from template.bake import bake
from template.library import GIT, PROJECTS, WHEEL
from template.processes import environment

_HASH = re.compile(r"sha256:([0-9a-f]{64})")
_NAME = re.compile(r"[\w.-]+")
_JSON = "application/vnd.pypi.simple.v1+json"
"""The form of an index's page (Python Packaging User Guide, "Simple repository API", JSON serialization)."""

LARGEST_DEPLOYMENT = 250_000_000
"""Bytes of the packages of a job that deploys."""


@dataclass
class RestrictedIndex:
    """A package index that lists only the files with known hashes, each at the address of the index behind it."""

    origin: str
    hashes: frozenset[str]
    url: str = ""
    refused: set[str] = field(default_factory=set)
    """The packages without a known file that a client requested."""

    def page(self, name: str) -> bytes | None:
        """Return the page of a package; None if the index has no known file of the package."""
        with urlopen(Request(f"{self.origin}/{name}/", headers={"Accept": _JSON})) as response:  # noqa: S310
            page = json.load(response)
        page["files"] = [file for file in page["files"] if file["hashes"].get("sha256") in self.hashes]
        if not page["files"]:
            self.refused.add(name)
        return json.dumps(page).encode() if page["files"] else None


@contextmanager
def serving(origin: str, hashes: frozenset[str]) -> Iterator[RestrictedIndex]:
    """Serve a restricted index on a free port of this machine."""
    index = RestrictedIndex(origin, hashes)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = index.page(self.path.strip("/").removeprefix("index/"))
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", _JSON)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (named by http.server)
            pass

    with served(Handler) as index.url:
        yield index


def run(folder: Path, variables: Mapping[str, str], *words: str) -> None:
    """Run a command, which must succeed."""
    result = subprocess.run(
        words, cwd=folder, env={**environment(), **variables}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def packages(name: str) -> set[str]:
    """Return a package and its requirements on this machine, as pins."""
    required = (_NAME.match(text) for text in requires(name) or () if "extra ==" not in text)
    inner = (packages(match[0]) for match in required if match and _is_installed(match[0]))
    return {f"{name}=={version(name)}"}.union(*inner)


def _is_installed(name: str) -> bool:
    """Return whether a requirement applies here; others have a marker of another platform or version."""
    with suppress(PackageNotFoundError):
        return bool(version(name))
    return False


def test_the_backend_of_the_build_and_its_packages_are_pinned(payment: Path) -> None:
    """The library's extra `pinned`, which each repository requires, has the versions with which its project builds."""
    project = tomllib.loads((payment / "pyproject.toml").read_text())
    [backend] = project["build-system"]["requires"]
    pins = packages(backend.partition("==")[0])
    extras = PROJECTS["cli"]["optional-dependencies"]
    assert backend in pins
    assert pins - {*extras["pinned"]} == set()
    assert project["tool"]["uv"]["no-build-isolation-package"] == [project["project"]["name"]]
    _, pinned, _ = project["dependency-groups"]["dev"]
    assert "pinned" in {*re.split(r"[^\w-]", pinned)}


_BACKEND = """\
def build_wheel(folder, *_):
    import zipfile
    with zipfile.ZipFile(f"{folder}/own-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("own-1.dist-info/METADATA", "Metadata-Version: 2.4\\nName: own\\nVersion: 1\\n")
        wheel.writestr("own-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr("own-1.dist-info/RECORD", "")
    return "own-1-py3-none-any.whl"
"""
_OWN = """\
[project]
name = "own"
version = "1"
[build-system]
requires = ["backend==1"]
build-backend = "backend"
[tool.uv]
"""


@pytest.mark.parametrize("setting", ["require-build-hashes = true", "require-build-hashes = false"])
def test_a_backend_without_a_hash_builds_nothing(payment: Path, tmp_path: Path, setting: str) -> None:
    """uv refuses it by the setting of a bake, and would use it otherwise."""
    is_of_bake = setting in (payment / "pyproject.toml").read_text().splitlines()
    with ZipFile(tmp_path / "backend-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("backend.py", _BACKEND)
        wheel.writestr("backend-1.dist-info/METADATA", "Metadata-Version: 2.4\nName: backend\nVersion: 1\n")
        wheel.writestr("backend-1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("backend-1.dist-info/RECORD", "backend.py,,\n")
    (tmp_path / "pyproject.toml").write_text(f"{_OWN}{setting}\n", encoding="utf-8")
    words = f"uv build --wheel --offline --no-index --find-links {tmp_path} --no-cache --quiet".split()
    result = subprocess.run(words, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert (result.returncode != 0, "Hash-checking is required" in result.stderr) == (is_of_bake, is_of_bake), (
        result.stderr
    )
    assert any((tmp_path / "dist").glob("*.whl")) != is_of_bake


@pytest.mark.nightly
@pytest.mark.parametrize("way", [WHEEL, GIT])
def test_the_steps_install_from_an_index_with_locked_files_only(way: str, tmp_path: Path) -> None:
    """An empty cache and an index without other files suffice for the commands of the build step."""
    project, source = bake(tmp_path, {"library": way}), tagged(tmp_path) if way == GIT else {}
    run(project, source, "uv", "lock", "--quiet")
    lock, tools = project / "uv.lock", project / "infra" / "pipeline" / "requirements.txt"
    origin = re.search(r'registry = "(http[^"]+)"', text := lock.read_text())
    assert origin
    hashes = frozenset(_HASH.findall(text + tools.read_text() + LAYER.read_text()))
    with serving(origin[1], hashes) as index:
        lock.unlink()
        step = {**source, "UV_DEFAULT_INDEX": index.url, "UV_CACHE_DIR": str(tmp_path / "cache")}
        run(project, step, "uv", "lock", "--quiet")
        run(project, step, *f"uv pip install -q --require-hashes -r {tools} --target {tmp_path / 'tools'}".split())
        locked = step | {"UV_LOCKED": "1"}
        run(project, locked, "uv", "sync", "--quiet")
        run(project, locked, "uv", "run", "context", "check")
        run(project, locked, "uv", "run", "context", "package")
        packages_of_deployment = tmp_path / "deploy"
        deploys = {"UV_NO_DEFAULT_GROUPS": "1", "UV_PROJECT_ENVIRONMENT": str(packages_of_deployment)}
        run(project, locked | deploys, "uv", "sync", "--quiet", "--group", "deploy")
        for command in ("package", "step --help", "rollout --help", "pull-request --help", "sandbox --help"):
            run(project, locked | deploys, "uv", "run", "context", *command.split())
        # Pulumi calls it before a program.
        run(project, locked | deploys, "uv", "sync", "--quiet", "--inexact")
    assert index.refused == set()
    assert not [*packages_of_deployment.rglob("moto")]
    files = [path for path in packages_of_deployment.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert sum(path.stat().st_size for path in files) <= LARGEST_DEPLOYMENT
