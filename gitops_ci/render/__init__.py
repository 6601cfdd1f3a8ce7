"""A report as text that people or machines read: terminal, Markdown, JSON."""
