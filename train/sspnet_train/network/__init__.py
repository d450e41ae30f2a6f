"""The network: its parts, its input, its checkpoints."""
