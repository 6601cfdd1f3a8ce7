"""Migrations as files: which sets there are, in which order, and what must not happen to them."""
