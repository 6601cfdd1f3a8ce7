"""What makes the gate toothless: workflow files and GitHub's settings, looked at without changing anything."""
