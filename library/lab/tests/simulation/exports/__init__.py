"""Exports under kills: calls that end at any request, calls that overlap, and rows that change meanwhile."""
