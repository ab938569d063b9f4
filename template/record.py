"""The record of a bake, ``.template.json``: the template's version and the answers.

Standard library only: cookiecutter's process imports this module, and other packages may be missing there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256

from .library import VERSION

FILE = ".template.json"


def record(answers: Mapping[str, str]) -> str:
    """Return the file's text, which cookiecutter also reads as a file of answers."""
    content = {"template": VERSION, "digest": digest(answers), "default_context": dict(answers)}
    return json.dumps(content, indent=2, ensure_ascii=False)


def digest(answers: Mapping[str, str]) -> str:
    """Return a SHA-256 of the answers in hexadecimal, by which an update detects answers edited by hand."""
    return sha256(json.dumps(dict(answers), sort_keys=True, ensure_ascii=False).encode()).hexdigest()
