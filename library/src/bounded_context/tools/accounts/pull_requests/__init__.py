"""The commands that the workflows in `.github/workflows` run for a pull request.

`preview` previews the change of a stack, `comment` writes the result to the pull request, and `stack` creates and
destroys a stack for the pull request.
"""
