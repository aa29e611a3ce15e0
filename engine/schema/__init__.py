"""The plaintext schema: its text, its reader and its writer."""
