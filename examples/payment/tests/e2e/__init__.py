"""The whole context on the embedded AWS: real files over SFTP in, real events out."""
