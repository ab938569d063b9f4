"""The optional files of a repository. Imports no other module of the library, because the bake writes some of them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

FILES: Final[Mapping[str, tuple[str, ...]]] = {
    "devcontainer": (".devcontainer/devcontainer.json",),
    "github": (".github/actions/setup/action.yml", ".github/workflows/check.yml", ".github/workflows/preview.yml"),
    "pre-commit": (".pre-commit-config.yaml",),
    "renovate": ("renovate.json",),
    "vscode": (".vscode/launch.json",),
}
"""The paths by the name for `context add`."""

GITHUB: Final = "github"
OWNED: Final = "# `uv run context add github` writes this file. Remove this line to edit it: it is then yours.\n"
"""The first line of a file that the library continues to write."""

_DATA: Final = Path(__file__).parents[1] / "data" / "files"


def texts(name: str, *, region: str = "", function: str = "", wheel: bool = False) -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each file of a name in `FILES`.

    Args:
        name: the name.
        region: the region of GitHub's jobs.
        function: the function that a debugger calls by default.
        wheel: whether the library is a wheel in the repository, which Renovate cannot update.
    """
    for path in FILES[name]:
        text = (_DATA / Path(path).name.lstrip(".")).read_text(encoding="utf-8")
        text = text.replace("<region>", region).replace("<function>", function)
        text = _renovate(text) if name == "renovate" and not wheel else text
        yield path, OWNED + text if name == GITHUB else text


def _renovate(text: str) -> str:
    """Return the settings of a repository whose library is in a package index or in git."""
    settings = json.loads(text)
    library = settings["packageRules"][0]
    del library["enabled"]
    library["description"] = "The library alone: with each version its notes, and a check of the whole repository."
    library["groupName"] = "the library"
    return json.dumps(settings, indent=2) + "\n"
