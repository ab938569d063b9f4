"""Tests of `context reseed`."""
