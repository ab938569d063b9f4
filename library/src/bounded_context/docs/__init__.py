"""The platform's pages, in the version that is installed: what is the same in every context is written down here."""
