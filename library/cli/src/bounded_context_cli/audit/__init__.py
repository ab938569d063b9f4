"""The audit of the locked packages: their bill of materials, licences, and known vulnerabilities.

uv exports the lock as a bill of materials and queries an OSV service. This package adds the licences and judges both
results. It never reports success if a query failed.
"""
