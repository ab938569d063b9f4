"""The bake for Backstage's action ``fetch:cookiecutter``, from the template that the action has fetched.

python -m template.scaffold DIR/cookiecutter.json OUT
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from cookiecutter.exceptions import CookiecutterException

from .answers import RULES
from .bake import bake
from .questions import declared


def typed_answers(file: Path) -> dict[str, str]:
    """Return the typed answers of the action's file: the values that differ from ``cookiecutter.json``."""
    questions = declared()
    values = json.loads(file.read_text(encoding="utf-8"))
    return {name: values[name] for name in RULES if values.get(name, questions[name]) != questions[name]}


def main(arguments: Sequence[str]) -> int:
    """Bake into a folder and return the exit status: 1 for bad answers, with a sentence for each."""
    file, output = map(Path, arguments)
    try:
        print(bake(output, typed_answers(file)))
    except CookiecutterException as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
