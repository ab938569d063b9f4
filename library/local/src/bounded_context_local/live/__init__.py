"""Commands for a local run with `--keep`: invoke a function, debug it, and follow the logs."""
