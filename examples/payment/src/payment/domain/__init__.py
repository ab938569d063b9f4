"""The context's own rules: no AWS, no framework, nothing that needs a network."""
