"""Snapshot to stacks, references, graph and affected stacks; the layout rules."""
