"""The node editor: a scene of nodes and wires, and the gestures on it."""
