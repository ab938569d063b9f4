"""The platform team's package: the rules for answers, the names derived from them, and the command ``template``."""
