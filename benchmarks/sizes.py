"""Count the files and lines of a bake, and the files that are the same in a context with other answers.

The benchmark bakes the default context and the context of `examples/answers/order.yaml`. A file is the same if it has
the same name and bytes in both bakes. JSON files and the library's wheel have no lines.

    uv run python benchmarks/sizes.py [--json]
"""

import argparse
import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from template.bake import bake, files
from template.names import REPOSITORY

OTHER = REPOSITORY / "examples" / "answers" / "order.yaml"


@dataclass(frozen=True)
class Sizes:
    """Files and lines of the default repository; the other repository also has ``same`` files, with ``same_lines``."""

    files: int
    lines: int
    same: int
    same_lines: int


def measure() -> Sizes:
    """Bake both repositories and compare them."""
    with tempfile.TemporaryDirectory() as folder:
        default = bake(Path(folder))
        other = bake(Path(folder), yaml.safe_load(OTHER.read_text(encoding="utf-8"))["default_context"])
        names = list(files(default, ()))
        same = [name for name in names if _same(default / name, other / name)]
        return Sizes(len(names), _lines(default, names), len(same), _lines(default, same))


def _same(first: Path, other: Path) -> bool:
    return other.exists() and first.read_bytes() == other.read_bytes()


def _lines(project: Path, names: list[str]) -> int:
    texts = (project / name for name in names if not name.endswith((".json", ".whl")))
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in texts)


def main() -> None:
    """Print the numbers of files and lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    sizes = measure()
    if parser.parse_args().json:
        print(json.dumps(asdict(sizes)))
        return
    print(f"a repository       {sizes.files:>5} files {sizes.lines:>6,} lines")
    print(f"the same in others {sizes.same:>5} files {sizes.same_lines:>6,} lines")


if __name__ == "__main__":
    main()
