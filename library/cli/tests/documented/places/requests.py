"""The promise that AWS accepts every resource: the requests of an edited resource (`..edits`).

The code of a fault is the operation and the member, such as `CreateFunction Timeout`.
"""

import re
from typing import Final

from bounded_context_cli.testing.requests import findings

from ..edits import planted
from ..rules import Rule
from .place import Place, Violation

_INDEX: Final = re.compile(r"\[\d+\]")
_CODE: Final = re.compile(r": (\w+)(?:'s| needs) ([\w.\[\]]+)")


def _codes(_rule: Rule, violation: Violation) -> set[str]:
    _, node = planted(violation)
    matches = [_CODE.search(sentence) for sentence in findings(node)]
    return {f"{match[1]} {_INDEX.sub('', match[2])}" for match in matches if match}


PLACE: Final = Place(
    "The requests of each resource of all recorded graphs are checked against AWS's models and limits. This is a "
    "promise of each repository (`bounded_context_cli.testing.requests`).",
    _codes,
)
