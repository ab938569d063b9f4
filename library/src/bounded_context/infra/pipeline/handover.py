"""The handover of files from a step to the next, which verifies that they are unchanged.

Every step may write to the artefacts' bucket, which also contains the approved plan. A step that hands on files
therefore lists them with their SHA-256. It exports the SHA-256 of the list, which CodePipeline stores as a variable of
the execution, and which the steps cannot change. The next step makes the list again before it runs any of the files.
The commands are in the project, which a person deploys, and not in the files that they check.
"""

from typing import Any

import yaml

HANDED_ON = "HANDED_ON"
"""The variable that a step exports: the SHA-256 of the list of its files."""

EXPECTED = "EXPECTED"
"""The variable with the SHA-256 that the next step expects."""

COMMIT = "COMMIT"
"""The variable with the commit that the execution delivers."""

_LIST = "handed-on.txt"
_LISTED = (
    f'{{ echo "commit ${COMMIT}"; find . -type f ! -path "./.venv/*" ! -path ./{_LIST} -exec sha256sum {{}} + '
    "| LC_ALL=C sort; }"
)
"""Prints the commit, and each file with its SHA-256; `.venv` is never handed on."""

_HAND_ON = (f"{_LISTED} > {_LIST}", f'export {HANDED_ON}="$(sha256sum {_LIST} | cut -c 1-64)"')

_TAKE = f"""\
found="$(mktemp)"
{_LISTED} > "$found"
if [ "$(sha256sum "$found" | cut -c 1-64)" != "${EXPECTED}" ]; then
  made="$(head -n 1 {_LIST} || true)"
  diff {_LIST} "$found" | head -n 20 || true
  if [ "$made" != "commit ${COMMIT}" ]; then
    echo "Refused: these files are of ${{made:-no commit}}, and this execution delivers ${COMMIT}. \
Nothing was run: start the pipeline again."
  else
    echo "Refused: these files are not those that the step before made in this execution (above: what differs). \
Nothing was run: find out who wrote to the artefacts, then start the pipeline again."
  fi
  exit 1
fi
"""


def buildspec(text: str, *, takes: bool) -> str:
    """Return the buildspec `text` with the commands of the handover.

    A buildspec with artefacts lists them at its end. With `takes`, its first command rejects files that the previous
    step did not list, with one sentence and status 1.
    """
    spec: dict[str, Any] = yaml.safe_load(text)
    if takes:
        spec["phases"]["install"]["commands"].insert(0, _TAKE)
    if "artifacts" in spec:
        spec["phases"]["build"]["commands"] += _HAND_ON
        spec.setdefault("env", {}).setdefault("exported-variables", []).append(HANDED_ON)
    # Without line breaks, each command stays on its line in the console.
    return yaml.safe_dump(spec, sort_keys=False, width=10_000)
