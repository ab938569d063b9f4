"""A copy of the program, and Pulumi's own engine that deploys it with stand-ins for what the engine starts."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from bounded_context_cli.policies.cli import pack_folder
from bounded_context_infra.configuration.project import current

from .provider import MOVED

STACK = "dev"
SECONDS = 600
"""What a call may take on a busy machine; on a free one the longest takes 20."""

_STAND_IN = """#!{python}
import sys
sys.path[:0] = {path!r}
from tests.engine.{module} import main
main()
"""


@dataclass(frozen=True)
class Engine:
    """The Pulumi CLI, for one stack in a folder of its own."""

    folder: Path
    program = "service"
    """The folder of the program in `infra`."""

    def run(self, *arguments: str, stack: str | None = STACK) -> subprocess.CompletedProcess[str]:
        """Call the CLI, for this stack or for all of them; returns what it said and its exit code."""
        which = [] if stack is None else ["--stack", stack]
        command = ["pulumi", *arguments, *which, "--cwd", str(self.folder / "infra" / self.program)]
        environment = {**os.environ, **self.variables()}
        words = [*command, "--non-interactive"]
        return subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS)  # noqa: S603

    def do(self, *arguments: str, stack: str | None = STACK) -> str:
        """Call the CLI, which must succeed; returns what it printed."""
        result = self.run(*arguments, stack=stack)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def state(self, kind: str) -> dict[str, dict[str, Any]]:
        """The outputs of the resources of a kind such as `lambda/alias`, by their logical names."""
        items = self._resources(f"aws:{kind}:")
        return {item["urn"].split("::")[3]: item["outputs"] for item in items}

    def provider(self) -> dict[str, Any]:
        """The outputs of the AWS provider."""
        [item] = self._resources("pulumi:providers:aws")
        return item["outputs"]

    def _resources(self, kind: str) -> list[dict[str, Any]]:
        resources = json.loads(self.do("stack", "export"))["deployment"]["resources"]
        return [item for item in resources if item["type"].startswith(kind)]

    def move(self, moved: Mapping[str, Mapping[str, Any] | None]) -> None:
        """Say what changed behind Pulumi: properties by the logical name of a resource, None if it was deleted."""
        (self.folder / "moved.json").write_text(json.dumps(moved))

    @property
    def pack(self) -> Path:
        """The folder of the policies, as a repository makes it."""
        return pack_folder(current())

    def new_code(self, text: str) -> None:
        """Put other sources into the archive; only its hash matters here."""
        (self.folder / "build" / "code.zip").write_text(text)

    def variables(self) -> dict[str, str]:
        """The engine's own, for whoever else calls the CLI."""
        return {
            "PATH": f"{os.environ['PATH']}{os.pathsep}{self.folder / 'bin'}",
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_BACKEND_URL": self.folder.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "only for this test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            # The state is written at the end of a run, and not after each resource: half of the time.
            "PULUMI_EXPERIMENTAL": "true",
            "PULUMI_SKIP_CHECKPOINTS": "true",
            MOVED: str(self.folder / "moved.json"),
        }


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The engine and a stack that it deployed by a plan and by the policies; skipped where there is no Pulumi CLI."""
    engine = empty(tmp_path_factory.mktemp("engine"))
    engine.do("stack", "init")
    engine.do("config", "set", "aws:profile", "environment")
    plan = str(engine.folder / "plan.json")
    # Nothing that AWS makes up is known in this preview; all of it is at the end of the update.
    engine.do("preview", "--save-plan", plan, "--policy-pack", str(engine.pack))
    engine.do("up", "--yes", "--plan", plan, "--policy-pack", str(engine.pack))
    return engine


def empty(folder: Path) -> Engine:
    """The engine in a folder, which has deployed nothing; the test is skipped where there is no Pulumi CLI."""
    if shutil.which("pulumi") is None:
        pytest.skip("pulumi is not on the PATH: see https://www.pulumi.com/docs/install/")
    return Engine(_copy(folder))


def _copy(folder: Path) -> Path:
    shutil.copytree(current().root / "infra/service", folder / "infra/service")
    settings = folder / "infra" / "service" / f"Pulumi.{STACK}.yaml"
    # With those of releases, which `dev` does without, and which follow the code.
    settings.write_text(settings.read_text().replace("alarms: critical", "alarms: all"))
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / "build").mkdir()
    for archive in ("code.zip", "layer.zip"):
        (folder / "build" / archive).write_text("the first")
    (folder / "moved.json").write_text("{}")
    plugins = folder / "home" / "plugins"
    _stand_in(plugins / f"resource-aws-v{version('pulumi-aws')}" / "pulumi-resource-aws", "provider")
    # Behind Pulumi's own, where that is installed.
    _stand_in(folder / "bin" / "pulumi-language-python", "host")
    return folder


def _stand_in(program: Path, module: str) -> None:
    """Make a program that runs a module beside this one, with the same packages as this test."""
    parts = [str(part) for part in Path(__file__).parents[3].glob("*/") if (part / "tests").is_dir()]
    path = [*parts, str(current().sources.parent)]
    program.parent.mkdir(parents=True)
    program.write_text(_STAND_IN.format(python=sys.executable, path=path, module=module))
    program.chmod(0o755)
