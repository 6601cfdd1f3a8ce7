# METADATA
# title: Resources have the required tags
# description: |
#   Every resource of AWS, Azure or Google Cloud that can have tags (labels at Google) has those of
#   `policy.builtin.required_tags`, its own or its provider's default ones. They tell whose a resource is and that
#   somebody manages it; without them a bill cannot be split and nobody dares to clean up.
# related_resources:
# - ref: https://github.com/gitops-ci/gitops-ci/blob/v1/docs/rules/builtin.md#builtinterraform-required-tags
# custom:
#   id: terraform-required-tags
#   severity: warning
#   help: Add the tags, once for all resources in the provider's `default_tags` or `default_labels`.
package builtin.terraform_required_tags

import data.builtin.lib.terraform

# Attributes that hold tags, by the provider's prefix: the first one is what the configuration writes, the others have
# the provider's default ones as well.
attributes := {
	"aws": ["tags", "tags_all"],
	"azurerm": ["tags"],
	"google": ["labels", "terraform_labels", "effective_labels"],
}

# Their `tags` are lists of blocks, or were.
untaggable := {"aws_autoscaling_group"}

tagged := [{"resource": resource, "provider": provider, "keys": keys} |
	some resource in terraform.resources
	not resource.type in untaggable
	provider := split(resource.type, "_")[0]
	names := attributes[provider]
	taggable(resource, names[0])
	keys := {same(provider, key) |
		some name in names
		some key in keys_of(resource, name)
	}
]

# Lists of tags, which some resources have, are something else.
taggable(resource, name) if {
	terraform.exists(resource, name)
	not is_array(terraform.value(resource, name))
}

# A tag whose value is not known yet is there all the same.
keys_of(resource, name) := object.keys(values) | object.keys(unknown) if {
	values := object_or_nothing(terraform.value(resource, name))
	unknown := object_or_nothing(object.get(resource.unknown, name, {}))
}

object_or_nothing(value) := value if is_object(value)

object_or_nothing(value) := {} if {
	not is_object(value)
}

# Azure's tags have no case, Google's labels have neither case nor capitals: `ManagedBy` is `managed-by` there.
same("aws", key) := key

same("azurerm", key) := lower(key)

same("google", key) := regex.replace(lower(key), `[-_]`, "")

missing(found) := [tag |
	some tag in data.gitops_ci.parameters.required_tags
	not same(found.provider, tag) in found.keys
]

# Tags that come from a value that is not known yet, or perhaps from the provider's default ones.
undecided(found) if terraform.undecided(found.resource, attributes[found.provider][0])

undecided(found) if {
	some name in array.slice(attributes[found.provider], 1, 3)
	object.get(found.resource.unknown, name, false) == true
	some provider in input.configuration.provider_config
	provider.name in {found.provider, sprintf("%s-beta", [found.provider])}
	some setting in ["default_tags", "default_labels"]
	_ := provider.expressions[setting]
}

result(found, text) := {
	"msg": sprintf("%s: %s %s", [found.resource.address, text, concat(", ", missing(found))]),
	"address": found.resource.address,
}

deny contains result(found, sprintf("%s lack", [attributes[found.provider][0]])) if {
	some found in tagged
	count(missing(found)) > 0
	not undecided(found)
}

# METADATA
# title: Whether the required tags are there is known only after it is applied
# custom:
#   severity: notice
warn contains result(found, "only after it is applied it is known whether there are") if {
	some found in tagged
	count(missing(found)) > 0
	undecided(found)
}
