"""Recorded graphs are stored between test runs, under the digest of everything that they depend on."""

import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bounded_context_cli.programs import Graph, recording
from bounded_context_cli.programs.recording import recorded
from bounded_context_cli.programs.shared_cache import FOLDER, cached
from bounded_context_infra.configuration.project import current

LIBRARY = Path(__file__).parents[2]
REPOSITORY = [current().root / name for name in recording.OF_REPOSITORY if (current().root / name).exists()]
INPUTS = (*recording._READ, *REPOSITORY)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache's folder, which is empty."""
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setenv(FOLDER, str(folder))
    return folder


class Inputs:
    """A copy of the inputs, and the number of recordings that a call makes."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.library, self.root, self.other = folder / "library", folder / "root", folder / "shapes.py"
        self.read = [self.library / path.name for path in recording._READ]
        for path in recording._READ:
            shutil.copytree(path, self.library / path.name, ignore=shutil.ignore_patterns("__pycache__"))
        for path in REPOSITORY:
            (shutil.copytree if path.is_dir() else shutil.copy)(path, _parent(self.root / path.name))
        self.other.write_text("SHAPE = 1\n")
        monkeypatch.setattr(recording, "_READ", tuple(self.read))

    def copies(self) -> list[Path]:
        """Return the copies, one for each file or folder."""
        return [*self.read, *(self.root / path.name for path in REPOSITORY), self.other]

    def recordings(self, name: str = "payment prod {}") -> int:
        """Return how many recordings two later processes make."""
        graphs: list[Graph] = []
        for _ in range(2):
            recording._digest_of_library.cache_clear()
            recorded(name, lambda: graphs.append(Graph()) or graphs[-1], self.root, self.other)
        return len(graphs)


def _parent(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    return path


@pytest.fixture
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inputs:
    """Copies of all inputs, whose graph is stored."""
    inputs = Inputs(tmp_path, monkeypatch)
    assert (inputs.recordings(), inputs.recordings()) == (1, 0)
    return inputs


def test_a_fault_in_any_input_is_recorded(inputs: Inputs) -> None:
    """Of the library, the repository, its declaration, its workflow, the settings of its stacks, and other files."""
    for input_ in inputs.copies():
        with sorted(path for path in (input_, *input_.rglob("*")) if path.is_file())[-1].open("a") as file:
            file.write("\n")
        assert inputs.recordings() == 1, input_


def test_a_removed_and_a_renamed_file_are_recorded(inputs: Inputs) -> None:
    """A module without lines matters by its name."""
    file = inputs.root / "src" / "added.py"
    file.touch()
    assert inputs.recordings() == 1
    file.rename(file.with_name("renamed.py"))
    assert inputs.recordings() == 1


@pytest.mark.parametrize("package", ["pulumi", "pulumi-aws"])
def test_another_version_of_a_package_is_recorded(
    package: str, inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The package decides what a program registers."""
    installed = recording.version
    monkeypatch.setattr(recording, "version", lambda name: "0.0.1" if name == package else installed(name))
    assert inputs.recordings() == 1


def test_other_settings_are_recorded(inputs: Inputs) -> None:
    """They are part of the name."""
    assert inputs.recordings("payment prod {'payment:alarms': 'none'}") == 1


READS = """
import sys
opened = set()
sys.addaudithook(lambda event, args: opened.add(str(args[0])) if event == "open" else None)
from bounded_context_cli.programs.stack_settings import run_delivery
from bounded_context_cli.programs.recording import run
run("prod"), run_delivery("main")
modules = {str(getattr(module, "__file__", "")) for module in sys.modules.values()}
print("\\n".join(opened | modules))
"""


@pytest.mark.slow
def test_all_files_that_a_recording_reads_are_inputs() -> None:
    """A process records the service and the pipeline: each file that it imports or opens is below an input.

    An exception is the `__init__.py` of a package of which only a part is read.
    """
    env = {**os.environ, "PYTHONPATH": str(current().root / "src")}
    command = [sys.executable, "-c", READS]
    result = subprocess.run(command, cwd=current().root, env=env, capture_output=True, text=True, check=True)  # noqa: S603
    files = {Path(line) for line in result.stdout.splitlines() if line.endswith((".py", ".yaml", ".json", ".toml"))}
    read = {file for file in files if file.is_relative_to(LIBRARY) or file.is_relative_to(current().root)}
    missing = {file for file in read if not any(file.is_relative_to(input_) for input_ in INPUTS)}
    assert (len(read) > 100, {file for file in missing if file.name != "__init__.py"}) == (True, set())


@pytest.mark.parametrize("content", [b"", b"\x80", b"0" * 100], ids=["empty", "short", "another value"])
def test_a_corrupt_value_is_recorded_again(content: bytes, folder: Path) -> None:
    """A full disk, an interrupted copy."""
    assert cached("a", lambda: "first") == "first"
    [file] = folder.glob("*.kept")
    written = file.read_bytes()
    file.write_bytes(content or written[:-1])
    assert cached("a", lambda: "second") == "second"
    assert cached("a", lambda: "third") == "second"


def test_parallel_processes_make_a_value_once(folder: Path) -> None:
    """The others wait for the first, which gives them time to come."""
    second, threads = threading.Event(), []

    def make() -> int:
        threads.append(threading.get_ident())
        second.wait(0.3) if len(threads) == 1 else second.set()
        return len(threads)

    with ThreadPoolExecutor(3) as pool:
        values = [*pool.map(lambda _: cached("a", make), range(3))]
    assert (values, len(threads), len([*folder.glob("*.kept")])) == ([1, 1, 1], 1, 1)
