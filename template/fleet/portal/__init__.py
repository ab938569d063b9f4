"""The command ``template fleet portal``: a fleet as a static site, and as the folders of EventCatalog."""
