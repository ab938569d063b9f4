"""The HTTP API's OpenAPI document and its page, made of a context's routes and kept in ``docs/api``."""
