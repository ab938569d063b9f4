"""Files that the library writes on demand: `context add`."""
