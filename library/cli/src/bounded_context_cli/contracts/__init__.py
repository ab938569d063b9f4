"""A context's contracts with others: the schemas of its events, their permitted changes, and the HTTP API's document.

The files are generated from the models and committed: ``events/`` and ``docs/api/``.
"""
