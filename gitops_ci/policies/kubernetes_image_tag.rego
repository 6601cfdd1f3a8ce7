# METADATA
# title: Images have a version
# description: |
#   The image of every container, init and ephemeral ones too, has a digest or a tag other than `latest`. A moving tag
#   makes each node run what it found when it pulled: the same manifest is two programs, and nothing can be rolled back. A
#   missing tag may come from a kustomization that takes the file.
# related_resources:
# - ref: https://github.com/gitops-ci/gitops-ci/blob/v1/docs/rules/builtin.md#builtinkubernetes-image-tag
# custom:
#   id: kubernetes-image-tag
#   severity: warning
#   help: Name the version that was tested, as a tag or, better, as a digest (`image@sha256:…`).
package builtin.kubernetes_image_tag

import data.builtin.lib.kubernetes

deny contains kubernetes.result(container, sprintf("image %s %s", [image, problem(image)])) if {
	some container in kubernetes.containers
	image := object.get(container.value, "image", "")
	problem(image)
}

# What a template is filled with later cannot be told here.
problem(image) := "has no tag" if {
	image != ""
	not kubernetes.kustomized
	not contains(image, "@")
	not regex.match(`[${]`, image)
	not contains(last_part(image), ":")
}

problem(image) := "has the tag latest" if {
	not contains(image, "@")
	endswith(image, ":latest")
}

# A colon before the last slash is a port of the registry.
last_part(image) := regex.replace(image, `.*/`, "")
