"""What Sphinx reads: nothing that a page loads comes from elsewhere, and anchors are those of code hosts."""

import tomllib
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

_ROOT = Path(__file__).parent.parent.parent

project = "Bounded contexts on AWS"
project_copyright = (_ROOT / "LICENSE").read_text(encoding="utf-8").splitlines()[2].removeprefix("Copyright (c) ")
version = release = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 4
myst_heading_slug_func = "bounded_context_cli.docs.anchor_of"

autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
default_role = "code"
python_use_unqualified_type_names = True

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["narrow.css"]
html_title = f"{project} {release}"
html_show_sourcelink = False
html_copy_source = False


def setup(app: Sphinx) -> None:
    """Connect what Sphinx has no setting for."""
    app.connect("autodoc-process-docstring", _keep_colons, priority=400)
    app.connect("html-page-context", _accessible)


_ACCESSIBLE = {
    "<pre>": '<pre tabindex="0">',
    '<div class="table-wrapper ': '<div tabindex="0" class="table-wrapper ',
    'role="heading">': 'role="heading" aria-level="2">',
}
"""Blocks and tables that scroll sideways get the focus of the keyboard, and captions have a level."""


def _accessible(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: Any) -> None:
    for before, after in _ACCESSIBLE.items():
        context["body"] = context.get("body", "").replace(before, after)


def _keep_colons(_app: Sphinx, what: str, _name: str, _one: Any, _options: Any, lines: list[str]) -> None:
    """Napoleon, which comes after this, takes what stands before a colon in an attribute's first line for its type."""
    if what in ("attribute", "data", "property"):
        lines.insert(0, "\\ ")
