"""The partner kit: a program and a page with which partners check a list before the upload, without a connection."""
