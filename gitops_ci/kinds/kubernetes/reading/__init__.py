"""What a snapshot holds of Kubernetes: manifests, charts, kustomizations, and which repository it is."""
