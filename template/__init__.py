"""The platform team's side of the template: the rules for answers, the names derived from them, and the command."""
