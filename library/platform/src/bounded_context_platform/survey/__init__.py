"""The declarations and policy violations of a fleet's repositories, as one JSON document.

`context survey REPO...` reads repositories of any library version with the components and policies of this version, so
it shows their violations after an upgrade. It makes no AWS requests, and the repositories need no environments. It runs
each repository's declaration and program in a separate process.
"""
