"""The command ``template fleet update``: a branch with the update in each repository of a fleet, in waves."""
