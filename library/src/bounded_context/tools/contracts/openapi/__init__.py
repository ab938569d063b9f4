"""The HTTP API's OpenAPI document and its page, generated from a context's routes and committed in ``docs/api``."""
