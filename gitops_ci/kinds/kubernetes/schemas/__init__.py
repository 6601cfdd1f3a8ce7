"""What the fields of a Kubernetes object have to be: schemas of Kubernetes itself, and of CRDs in the repository."""
