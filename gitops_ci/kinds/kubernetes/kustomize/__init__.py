"""Kustomizations: what each takes from where, and what Argo CD and Flux write into one before it is built."""
