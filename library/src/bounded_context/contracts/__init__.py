"""What a context promises others: its events' schemas and what may change in them, and its HTTP API's document.

The files are made from the models and kept in the repository: ``events/`` and ``docs/api/``.
"""
