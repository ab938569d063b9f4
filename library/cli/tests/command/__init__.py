"""The console script `context`: help, arguments, errors, and the commands of a repository."""
