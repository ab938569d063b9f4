"""Rules that AWS's documents state: each with its source, the place that applies it, and a planted violation.

`rules/` has a TOML file for each service. A place (`places/`) is code of the library or of its tests that knows the
rule. A test with `WRITE_RULES=1` writes the page of the rules.
"""
