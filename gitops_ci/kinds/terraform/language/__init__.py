"""Terraform's language: files as blocks, expressions as trees, and what they come to as far as their text tells."""
