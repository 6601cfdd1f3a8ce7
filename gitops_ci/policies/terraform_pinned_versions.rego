# METADATA
# title: Versions of providers and modules have a bound
# description: |
#   Every provider that the configuration uses has a version constraint with an upper bound (`~> 6.0`, `< 7.0.0`), and
#   so has every module of a registry. Otherwise the next major version comes by itself: when somebody renews the lock
#   file, or at once, since no lock file holds modules.
# related_resources:
# - ref: https://github.com/gitops-ci/gitops-ci/blob/v1/docs/rules/builtin.md#builtinterraform-pinned-versions
# custom:
#   id: terraform-pinned-versions
#   severity: warning
#   help: Write `version = "~> …"` for the provider under `required_providers`, or in the module's call.
package builtin.terraform_pinned_versions

# What all modules ask of each provider, by its full name: a bound anywhere bounds it everywhere.
constraints := {provider: texts |
	some config in input.configuration.provider_config
	provider := full_name(config)
	not startswith(provider, "terraform.io/builtin/")
	texts := {text |
		some other in input.configuration.provider_config
		full_name(other) == provider
		text := object.get(other, "version_constraint", "")
		text != ""
	}
}

full_name(config) := object.get(config, "full_name", config.name)

bounded(texts) if {
	some text in texts
	some part in split(text, ",")
	regex.match(`^\s*(~>|<|=|[0-9v])`, part)
}

found(texts) := sprintf("only %s is", [concat(" and ", texts)]) if count(texts) > 0

found(texts) := "no version is" if count(texts) == 0

deny contains {"msg": msg, "name": provider} if {
	some provider, texts in constraints
	not bounded(texts)
	msg := sprintf("provider %s: %s asked for, the newest one is taken", [provider, found(texts)])
}

# Calls of modules in files of this repository, four levels deep. What a module from elsewhere calls is its authors'.
calls := array.concat(calls_2, array.concat(called(local(calls_3)), calls_3))

calls_1 := called([{"address": "", "module": input.configuration.root_module}])

calls_2 := array.concat(calls_1, called(local(calls_1)))

calls_3 := called(local(called(local(calls_1))))

called(modules) := [call |
	some caller in modules
	some name, value in object.get(caller.module, "module_calls", {})
	call := {"address": sprintf("%smodule.%s", [caller.address, name]), "value": value}
]

local(found_calls) := [{"address": concat("", [call.address, "."]), "module": object.get(call.value, "module", {})} |
	some call in found_calls
	startswith(call.value.source, ".")
]

# `namespace/name/provider`, with the registry's host or without. Two hosts are short for git.
from_registry(source) if {
	regex.match(`^([a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]+)?/)?[0-9A-Za-z_-]+/[0-9A-Za-z_-]+/[0-9a-z]+(//.*)?$`, source)
	not regex.match(`^(github\.com|bitbucket\.org)/`, source)
}

deny contains {"msg": msg, "address": call.address} if {
	some call in calls
	from_registry(call.value.source)
	texts := {text |
		text := object.get(call.value, "version_constraint", "")
		text != ""
	}
	not bounded(texts)
	msg := sprintf("%s: %s asked for, the newest one is taken", [call.address, found(texts)])
}
