"""The simulation's fifth part: reactions to other contexts' events, their messages, and commands at the same time."""
