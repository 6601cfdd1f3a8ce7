"""The kind `kubernetes`: the objects that manifests, kustomizations, charts and Argo CD's Applications render to."""
