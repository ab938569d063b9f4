"""The command ``template fleet``: the state of all repositories of a platform, and faults between them."""
