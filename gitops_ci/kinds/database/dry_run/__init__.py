"""Migrations tried on a PostgreSQL that is thrown away: what they did there, and what that says."""
