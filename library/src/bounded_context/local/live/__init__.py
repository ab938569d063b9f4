"""Work on a context while it runs here: call a function of a kept run, step through it, follow what all of them log."""
