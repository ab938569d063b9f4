"""The scenario of two contexts. The second context's Python runs it, in its folder and with its library."""
