"""Bakes the default context and the examples, and records what their Pulumi programs register.

    uv run python -m tests.graphs.record FOLDER    each graph whole, into FOLDER/<context>/<program>-<stack>.json
    uv run python -m tests.graphs.record --golden  renews the digests that the tests hold the graphs against

`compare` says what differs between two folders.
"""

import hashlib
import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from template.bake import bake
from template.examples import EXAMPLE
from template.names import REPOSITORY
from template.processes import environment

GOLDEN = Path(__file__).parent / "golden"
PROGRAM = Path(__file__).parent / "program.py"
DEFAULT = "payment"
ANSWERS: dict[str, dict[str, str]] = {DEFAULT: {}} | {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))["default_context"]
    for path in sorted((REPOSITORY / "examples" / "answers").iterdir())
}
"""The answers of each recorded context."""

_ENVIRONMENT = environment()


class Unrecorded(RuntimeError):
    """A program did not run to its end; the message is its output."""


def record_all(projects: Mapping[str, Path], folder: Path) -> None:
    """Record the default context whole, and of other contexts the stacks `MAIN`, into folders of their names.

    Raises Unrecorded.
    """
    record(
        *(Recording(projects[name], folder / name, source(name), () if name == WHOLE else MAIN) for name in projects)
    )


@dataclass(frozen=True)
class Recording:
    """A baked context, the folder for its graphs, the source of its pipeline, and its stacks (none: all stacks)."""

    project: Path
    folder: Path
    source: str = "codeconnections"
    stacks: tuple[str, ...] = ()

    def words(self) -> tuple[str, ...]:
        """Return the arguments of `program`."""
        return str(self.project), str(self.folder), self.source, ",".join(self.stacks)


def record(*recordings: Recording) -> None:
    """Record baked contexts with the packages of the example, which are those of all bakes. Raises Unrecorded."""
    python = ["uv", "run", "--quiet", "--project", str(EXAMPLE), "python", str(PROGRAM)]
    words = itertools.chain.from_iterable(recording.words() for recording in recordings)
    result = subprocess.run([*python, *words], env=_ENVIRONMENT, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Unrecorded(result.stdout + result.stderr)


def source(name: str) -> str:
    """Where the pipeline of a context gets its code from."""
    return ANSWERS[name].get("source", "codeconnections")


MAIN = ("prod", "main")
"""The stacks that are recorded of each context: production's, and that of the pipeline."""

WHOLE = DEFAULT
"""The context whose golden files have digests of inputs and outputs; the others would change with them, too."""

_VALUES = ("inputs", "outputs")


def digests(graph: Mapping[str, Any], *, whole: bool) -> str:
    """Return a graph in short: each URN with the first 16 digits of a SHA-256 of the resource.

    The digest is of the options (such as protection) and dependencies, and if ``whole`` also of inputs and outputs.
    """
    lines = [f"{urn} {_digest(_part(resource, whole=whole))}" for urn, resource in sorted(graph["resources"].items())]
    outputs = graph["outputs"] if whole else sorted(graph["outputs"])
    return "\n".join([*lines, f"outputs {_digest(outputs)}"]) + "\n"


def _part(resource: Mapping[str, Any], *, whole: bool) -> Mapping[str, Any]:
    return resource if whole else {name: value for name, value in resource.items() if name not in _VALUES}


def _digest(value: Any) -> str:  # noqa: ANN401 (any JSON)
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def read_digests(folder: Path, *, whole: bool) -> dict[str, str]:
    """Return the digests of one context's recorded graphs, by the name of the golden file."""
    return {
        f"{path.stem}.txt": digests(json.loads(path.read_text(encoding="utf-8")), whole=whole)
        for path in sorted(folder.glob("*.json"))
    }


def renew(recorded: Path, golden: Path = GOLDEN) -> None:
    """Write the golden files of all contexts anew."""
    shutil.rmtree(golden, ignore_errors=True)
    for context in sorted(recorded.iterdir()):
        (golden / context.name).mkdir(parents=True)
        for name, text in read_digests(context, whole=context.name == WHOLE).items():
            (golden / context.name / name).write_text(text, encoding="utf-8")


def main(target: str) -> None:
    """Bake and record all contexts."""
    with TemporaryDirectory() as scratch:
        projects = {name: bake(Path(scratch) / "baked" / name, answers) for name, answers in ANSWERS.items()}
        folder = Path(scratch) / "recorded" if target == "--golden" else Path(target)
        record_all(projects, folder)
        if target == "--golden":
            renew(folder)


if __name__ == "__main__":
    main(sys.argv[1])
