"""Observation of the local run: logs, metrics, trace documents, and the trail of an aggregate."""
