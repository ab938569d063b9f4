"""What each version of a context stored, staged, was asked and told: ``released/<version>.json``, kept for ever.

A version's file has the details' schema and a sample of each form. It is written by the first `just contracts` of its
version and only grows: a form that is new joins the others, and none is changed. So it does not matter whether the
number was raised in time: whatever was once kept is held to every later code.
"""
