"""Components: each owns its resources and grants the permissions to use them. Components do not import one another.

The components of a service use the public names of `bounded_context_infra`. To own a component, a team copies its file
next to its program and imports it from there.
"""
