# METADATA
# title: Which stack a document belongs to
package builtin.lib.subject

environment := object.get(input, ["gitops_ci", "environment"], null)

# Whether a kustomization takes the file, as a "resource" or a "patch" (a "new-patch": since this change).
kustomized := object.get(input, ["gitops_ci", "kustomized"], null)
