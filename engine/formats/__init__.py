"""The file families that are read and written."""
