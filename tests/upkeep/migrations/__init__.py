"""The migration steps of `template update`."""
