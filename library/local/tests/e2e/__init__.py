"""The whole context on the embedded AWS: real files in, real events out."""
