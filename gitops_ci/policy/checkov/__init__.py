"""checkov's checks over plans and files: what it is given, and findings from what it says."""
