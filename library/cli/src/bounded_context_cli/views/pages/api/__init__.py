"""The OpenAPI document of a context as an HTML page."""

from .page import api_page
from .requests import Called

__all__ = ["Called", "api_page"]
