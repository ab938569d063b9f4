"""The context's infrastructure: components, and the programs that wire them."""
