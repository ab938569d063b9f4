"""The HTTP API's OpenAPI document and its page, made of the functions' routes and kept in `docs/api`."""
