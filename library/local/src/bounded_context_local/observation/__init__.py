"""Observation of the local run: logs and metrics."""
