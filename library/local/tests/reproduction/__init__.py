"""Tests of `context reproduce` without an emulator."""
