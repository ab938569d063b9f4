"""Components: each owns its resources and writes the permissions to use them. None imports another.

They are written with the public names of `bounded_context.infra`. To own one, a team copies its file beside its program
and imports it from there.
"""
