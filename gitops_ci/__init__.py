"""gitops-ci: pull requests as the one safe way to change infrastructure."""

__version__ = "0.1.0"
