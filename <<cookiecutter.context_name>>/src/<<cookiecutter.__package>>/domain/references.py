"""What the <<cookiecutter.__package>> refers to and another context keeps."""

from typing import Final

REFERENCE: Final = "<<cookiecutter.__reference_snake>>_id"
"""The field that holds its id: a column of a list, and an attribute of an item."""
