"""What a repository remembers of its bake: the template's version and the answers, in ``.template.json``.

Standard library only: cookiecutter's own process imports this module, whatever is installed beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256

from .library import VERSION

FILE = ".template.json"


def record(answers: Mapping[str, str]) -> str:
    """Return the file's text, which cookiecutter takes for the answers of another bake."""
    content = {"template": VERSION, "digest": digest(answers), "default_context": dict(answers)}
    return json.dumps(content, indent=2, ensure_ascii=False)


def digest(answers: Mapping[str, str]) -> str:
    """Return a SHA-256 of the answers in hexadecimal: an update sees by it that somebody edited them by hand."""
    return sha256(json.dumps(dict(answers), sort_keys=True, ensure_ascii=False).encode()).hexdigest()
