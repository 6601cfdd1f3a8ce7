"""The catalogue of rules: every one with its title, what it looks for, why, how to fix it, and examples."""
