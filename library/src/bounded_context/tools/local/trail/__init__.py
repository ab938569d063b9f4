"""The trail of an upload: its list, execution, rows and events, as one story of times and traces."""
