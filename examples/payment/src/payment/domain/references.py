"""What the payment refers to and another context keeps."""

from typing import Final

REFERENCE: Final = "subscription_id"
"""The field that holds its id: a column of a list, and an attribute of an item."""
