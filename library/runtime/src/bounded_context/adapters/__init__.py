"""The adapters of the ports to AWS services: one module per service and use."""
