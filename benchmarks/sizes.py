"""What a team gets: files and lines of a bake, and how much of it is the same in a context that shares no answer.

Lines are those of text that is no JSON; the library's wheel is a file without lines. Two contexts are baked, the
default's and that of `examples/answers/order.yaml`; a file is the same if it has the same name and bytes in both.

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
    """Files and lines of the default's repository; ``same`` files, with ``same_lines``, are the other's too."""

    files: int
    lines: int
    same: int
    same_lines: int


def measure() -> Sizes:
    """Bake both and compare."""
    with tempfile.TemporaryDirectory() as folder:
        default = bake(Path(folder))
        other = bake(Path(folder), yaml.safe_load(OTHER.read_text(encoding="utf-8"))["default_context"])
        names = list(files(default, ()))
        same = [name for name in names if _same(default / name, other / name)]
        return Sizes(len(names), _lines(default, names), len(same), _lines(default, same))


def _same(one: Path, other: Path) -> bool:
    return other.exists() and one.read_bytes() == other.read_bytes()


def _lines(project: Path, names: list[str]) -> int:
    texts = (project / name for name in names if not name.endswith((".json", ".whl")))
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in texts)


def main() -> None:
    """Print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    found = measure()
    if parser.parse_args().json:
        print(json.dumps(asdict(found)))
        return
    print(f"a repository       {found.files:>5} files {found.lines:>6,} lines")
    print(f"the same in others {found.same:>5} files {found.same_lines:>6,} lines")


if __name__ == "__main__":
    main()
