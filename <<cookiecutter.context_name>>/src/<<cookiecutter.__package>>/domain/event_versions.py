"""The version of each event's schema, as ``<major>.<minor>``.

`uv run just contracts` raises a minor version, here and wherever else it is said. A major version is yours to raise:
put ``"2.0"`` here once subscribers know, and run it.
"""

from typing import Final

VERSIONS: Final = {
<% for event in cookiecutter.commands | events %>
    "<<event>>": "1.0",
<% endfor %>
}
