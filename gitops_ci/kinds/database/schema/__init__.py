"""A database's schema as its catalog has it: read, compared, shown."""
