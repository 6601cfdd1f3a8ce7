"""What `benchmarks/replay.py` is made of: the history, the oracle, and the comparison of both with gitops-ci."""
