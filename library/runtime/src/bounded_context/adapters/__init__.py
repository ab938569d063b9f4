"""The adapters of the ports to AWS services: a module per service and use."""
