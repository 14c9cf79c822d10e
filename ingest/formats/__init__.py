"""Readers of file formats: from a file's bytes to the articles in it."""
