"""Samples of the data that each version of a context stores, stages, accepts and publishes.

The files ``released/<version>.json`` stay for ever, and every later version must read their samples. A file has the
schema of the details and a sample of each form. The first `context contracts` of a version writes the file. Later runs
add new forms and never change existing samples, so a version number that was raised too late loses no sample.
"""
