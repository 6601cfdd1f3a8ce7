"""Findings about plans and files, and how they compare with base."""
