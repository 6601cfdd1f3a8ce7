"""Flux: its Kustomizations and HelmReleases that deploy from this repository."""
