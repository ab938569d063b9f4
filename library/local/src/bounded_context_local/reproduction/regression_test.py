"""The regression test of a reproduced call: its state as JSON, and a test that repeats the call."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from .call import Call
from .execution import Outcome
from .production import Production

FOLDER: Final = "tests/reproduced"

_TEST: Final = '''"""A call of {function} that failed in the stack {stack}. The JSON file has its masked state."""

from pathlib import Path

from bounded_context.testing.functions import Functions
from bounded_context_local.testing.reproduced import replay


def test_{function}_succeeds(functions: Functions):
    replay(functions, Path(__file__).with_suffix(".json"))
'''


def write(root: Path, stack: str, production: Production, call: Call, outcome: Outcome) -> Path:
    """Write the test and its state into a repository; return the test's path in the repository."""
    state = json.dumps(_state(production, call, outcome), indent=2, sort_keys=True) + "\n"
    file = Path(FOLDER) / f"test_{outcome.function}_{hashlib.sha256(state.encode()).hexdigest()[:8]}.py"
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    (root / file).with_suffix(".json").write_text(state, encoding="utf-8")
    (root / file).write_text(_TEST.format(function=outcome.function, stack=stack), encoding="utf-8")
    return file


def _state(production: Production, call: Call, outcome: Outcome) -> dict[str, Any]:
    # The list's record has the id of the embedded AWS in `items`: the test gets the record and derives the id anew.
    items = [item for item in outcome.items if call.record is None or item.get("execution") != call.record["execution"]]
    return {
        "function": outcome.function,
        "event": call.event,
        "settings": outcome.settings,
        "items": items,
        "record": call.record,
        "objects": [*_objects(production, call)],
    }


def _objects(production: Production, call: Call) -> Iterator[dict[str, Any]]:
    for key, version in call.objects.items():
        data = b64encode(production.object(key, version)).decode()
        yield {"key": key, "is_file": version is not None, "base64": data}
