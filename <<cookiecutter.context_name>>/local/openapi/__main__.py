"""Write the OpenAPI document and its page; a test says when they are to be written anew."""

import json
from pathlib import Path

from .document import as_json, document
from .page import page

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "api"


def files() -> dict[Path, str]:
    """Return what is to lie in `docs/api`."""
    text = as_json(document())
    return {FOLDER / "openapi.json": text, FOLDER / "index.html": page(json.loads(text))}


if __name__ == "__main__":
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path)  # noqa: T201
