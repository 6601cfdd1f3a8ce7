"""Rego policies: what they are asked about, how, and what their answers mean."""
