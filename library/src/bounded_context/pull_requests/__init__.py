"""What the workflows in `.github/workflows` do with a pull request: each of their steps is one command of here.

`preview` looks at what a change would do to a stack, `comment` tells the pull request, and `stack` makes, tries and
destroys a stack of the pull request's own.
"""
