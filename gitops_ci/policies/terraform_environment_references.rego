# METADATA
# title: Other environments do not reach into production
# description: |
#   A plan of an environment that is not production leads to nothing of production: no ARN, URL, host, bucket, project,
#   account or namespace that bears its name, no role of it that a provider takes on, no state of it that is read.
#   Otherwise whoever may change development changes production, without a promotion and without its approvals.
# related_resources:
# - ref: https://github.com/gitops-ci/gitops-ci/blob/v1/docs/rules/builtin.md#builtinterraform-environment-references
# custom:
#   id: terraform-environment-references
#   severity: warning
#   help: Use the environment's own, or move what all need to a shared stack.
package builtin.terraform_environment_references

import data.builtin.lib.environments
import data.builtin.lib.terraform

# What is planned, by where it is; most resources name production nowhere, and are not walked through.
written := [{"address": resource.address, "values": resource.values} |
	environments.judged
	some resource in terraform.resources
	environments.suspicious(json.marshal(resource.values))
]

providers := [{"address": sprintf("provider %s", [name]), "values": object.get(config, "expressions", {})} |
	environments.judged
	some name, config in input.configuration.provider_config
]

# States that are read, in the root module and in the modules that it calls.
states := [{"address": resource.address, "values": object.get(resource, ["values", "config"], {})} |
	environments.judged
	root := input.prior_state.values.root_module
	some module in array.concat([root], object.get(root, "child_modules", []))
	some resource in object.get(module, "resources", [])
	resource.type == "terraform_remote_state"
]

# All of a state's place leads to it.
key_of(holder, _) := "bucket" if holder in states

key_of(holder, words) := array.reverse(words)[0] if {
	not holder in states
}

# Words that people read lead nowhere.
ignored := {"description", "labels", "tags", "tags_all"}

deny contains {"msg": msg, "address": holder.address} if {
	some holder in array.concat(states, array.concat(written, providers))
	walk(holder.values, [place, text])
	is_string(text)
	environments.suspicious(text)
	words := [step | some step in place; is_string(step); step != "constant_value"]
	count(ignored & {word | some word in words}) == 0
	some name in environments.production_in(key_of(holder, words), text)
	msg := sprintf("%s: %s leads to production (%s)", [holder.address, concat(".", words), name])
}
