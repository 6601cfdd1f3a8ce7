"""`gitops-ci policy …`: one file a command."""
