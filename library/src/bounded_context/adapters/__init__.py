"""The ports, filled with AWS services: one module per service and use."""
