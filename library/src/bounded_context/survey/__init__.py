"""What each repository of a fleet declares, and how it stands with the policies, as one JSON document.

`python -m bounded_context.survey REPO...` reads repositories in whatever version of the library they are, with this
one's components and policies: it tells how they will stand once they have taken it. Nothing is asked of AWS, and no
repository needs an environment of its own; its declaration and its program are run, each in a process of its own.
"""
