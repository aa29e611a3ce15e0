"""Definitions that written files take along: never imported here, only read, each with what it needs."""
