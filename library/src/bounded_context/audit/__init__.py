"""`uv run just audit`: what the locked packages are, under which licences, and which vulnerabilities are known in them.

uv, which a repository needs anyway, exports the lock as a bill of materials and asks an OSV service; what is here adds
licences to the one, judges both, and never calls a repository clean that it could not ask about.
"""
