"""The process of the embedded AWS, its clients, and the file with which other runs find it."""
