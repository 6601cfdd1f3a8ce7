"""Argo CD: its Applications and ApplicationSets, what they deploy, and what becomes of them in a change."""
