"""What roots and modules read, found without an engine."""
