"""Repositories of any version, and how they get to this one."""
