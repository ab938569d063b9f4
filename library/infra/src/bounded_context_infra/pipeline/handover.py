"""The handover of files between steps, which verifies that they are unchanged.

A step may write only the artefact that it produces. The verification also detects changes by other roles, and by steps
of earlier executions:

- The build lists its files with their SHA-256 and exports the SHA-256 of the list. Every later step compares the files
  with that list, so a step cannot change them for a step with more rights.
- The preview and the deployment hand on one file each, and export its SHA-256.
- CodePipeline stores the exported values as variables of the execution, which no step can change.
- The commands are in the project, which a person deploys, and not in the files that they check.
"""

from collections.abc import Sequence
from typing import Any

import pulumi
import yaml

HANDED_ON = "HANDED_ON"
"""The variable that a step exports: the SHA-256 of the list of its files, or of its file."""

EXPECTED = "EXPECTED"
"""The variable with the SHA-256 of the build's list."""

COMMIT = "COMMIT"
"""The variable with the commit that the execution delivers."""

FILE_FROM = "FILE_FROM"
"""The variable with the name of the artefact that contains the file of the previous step."""

EXPECTED_FILE = "EXPECTED_FILE"
"""The variable with the SHA-256 of that file."""

_LIST = "handed-on.txt"

# CodeBuild follows links when it stores the files, so the list follows them too. It does not store `.venv`.
_LISTED = (
    f'{{ echo "commit ${COMMIT}"; find -L . -type f ! -path "./.venv/*" ! -path ./{_LIST} -exec sha256sum {{}} + '
    "| LC_ALL=C sort; }"
)

# The received folder contains neither links nor `.venv`. If it does, they appear in this list.
_RECEIVED = (
    f'{{ echo "commit ${COMMIT}"; find . ! -type d ! -type f; '
    f"find . -type f ! -path ./{_LIST} -exec sha256sum {{}} + | LC_ALL=C sort; }}"
)

_HAND_ON_ALL = (f"{_LISTED} > {_LIST}", f'export {HANDED_ON}="$(sha256sum {_LIST} | cut -c 1-64)"')

_TAKE_ALL = f"""\
found="$(mktemp)"
{_RECEIVED} > "$found"
if [ "$(sha256sum "$found" | cut -c 1-64)" != "${EXPECTED}" ]; then
  made="$(head -n 1 {_LIST} || true)"
  diff {_LIST} "$found" | head -n 20 || true
  if [ "$made" != "commit ${COMMIT}" ]; then
    echo "Refused: these files are of ${{made:-no commit}}, and this execution delivers ${COMMIT}. \
Nothing was run: start the pipeline again."
  else
    echo "Refused: these files are not the files that this execution built (above: the differences). \
Nothing was run: find out who wrote to the artefacts, then start the pipeline again."
  fi
  exit 1
fi
"""

_TAKE_FILE = """\
taken="$(printenv "CODEBUILD_SRC_DIR_$FILE_FROM")/{file}"
if [ "$(sha256sum < "$taken" | cut -c 1-64)" != "$EXPECTED_FILE" ]; then
  echo "Refused: {file} is not the file that the previous step of this execution made. \
Nothing was run: find out who wrote to the artefacts, then start the pipeline again."
  exit 1
fi
cp "$taken" {file}
"""


def buildspec(text: str, *, verifies: bool, takes: str | None, first: Sequence[str] = ()) -> str:
    """Return the buildspec `text` with the commands of the handover.

    Args:
        text: the buildspec. Its artefacts are all files, or one file.
        verifies: whether the first command compares all files with the build's list.
        takes: the file of the previous step, which the first command verifies too and copies to the other files.
        first: the commands after the verification, before any file of the artefact runs.

    Raises:
        RunError: the artefacts are several files, which the next step could not verify.
    """
    spec: dict[str, Any] = yaml.safe_load(text)
    checks = (_TAKE_ALL if verifies else "") + (_TAKE_FILE.format(file=takes) if takes else "")
    spec["phases"]["install"]["commands"][:0] = [*([checks] if checks else []), *first]
    if "artifacts" in spec:
        spec["phases"]["build"]["commands"] += _hand_on(spec["artifacts"]["files"])
        spec.setdefault("env", {}).setdefault("exported-variables", []).append(HANDED_ON)
    # Without line breaks, each command stays on its line in the console.
    return yaml.safe_dump(spec, sort_keys=False, width=10_000)


def _hand_on(files: list[str]) -> tuple[str, ...]:
    if files == ["**/*"]:
        return _HAND_ON_ALL
    if len(files) != 1:
        raise pulumi.RunError(
            f"infra/pipeline/buildspecs: the artifacts {files} cannot be verified: name one file, or all with **/*."
        )
    return (f'export {HANDED_ON}="$(sha256sum {files[0]} | cut -c 1-64)"',)
