"""Which engine plans a root, what it installs, how it is called and what its failures mean."""
