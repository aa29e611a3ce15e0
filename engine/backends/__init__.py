"""What executes a network: one module a framework."""
