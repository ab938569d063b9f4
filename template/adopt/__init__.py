"""The command ``template adopt``: writes the lost record of a repository's bake."""
