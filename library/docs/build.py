"""`uv run --group docs library/docs/build.py`: builds the site of this repository's pages into `build/docs/html`.

Every warning is an error: a link or an anchor that leads nowhere, a page that no list names,
a docstring that is no markup.
"""

import subprocess
import sys
from pathlib import Path

from command_pages import write_answers, write_commands
from name_pages import write_names
from sources import gather

HERE = Path(__file__).parent
REPOSITORY = HERE.parent.parent


def main(folder: Path = REPOSITORY / "build" / "docs") -> int:
    """Gather the pages in `folder`/source, build them into `folder`/html, and return Sphinx's exit status."""
    source = folder / "source"
    gather(REPOSITORY, source)
    write_answers(REPOSITORY, source)
    write_commands(source)
    write_names(source)
    strict = ["--fail-on-warning", "--keep-going", "--quiet"]
    command = [sys.executable, "-m", "sphinx", *strict, "-E", "-c", str(HERE), str(source), str(folder / "html")]
    return subprocess.run(command, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:2])))
