package builtin.kubernetes_image_tag_test

import data.builtin.kubernetes_image_tag as policy
import data.builtin.lib.inputs

of(image) := inputs.pod({"containers": [{"name": "api", "image": image}]})

digest := "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

test_versions_pass if {
	every image in ["api:1.4.0", "registry.example:5000/shop/api:1.4.0", "api:latest-1", sprintf("api@%s", [digest])] {
		policy.deny == set() with input as of(image)
	}
}

test_digest_beside_latest_passes if policy.deny == set() with input as of(sprintf("api:latest@%s", [digest]))

test_latest_is_found if {
	policy.deny == {{
		"msg": "Pod api: container api: image shop/api:latest has the tag latest",
		"name": "api",
		"path": ["spec", "containers", 0],
	}} with input as of("shop/api:latest")
}

test_no_tag_is_found if {
	every image in ["api", "registry.example:5000/shop/api"] {
		expected := {sprintf("Pod api: container api: image %s has no tag", [image])}
		inputs.messages(policy.deny) == expected with input as of(image)
	}
}

test_what_is_filled_in_later_passes if {
	every image in ["{{ .Values.image }}", "$(IMAGE)", "${IMAGE}", ""] {
		policy.deny == set() with input as of(image)
	}
}

test_a_container_without_an_image_passes if policy.deny == set() with input as inputs.pod({"containers": [{"name": "api"}]})

test_a_tag_from_a_kustomization_is_not_known if {
	policy.deny == set() with input as object.union(of("shop/api"), {"gitops_ci": {"kustomized": "resource"}})
	count(policy.deny) == 1 with input as object.union(of("shop/api:latest"), {"gitops_ci": {"kustomized": "resource"}})
}
