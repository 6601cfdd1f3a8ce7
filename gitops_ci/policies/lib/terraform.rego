# METADATA
# title: What a plan says of the resources that are there once it is applied
# description: |
#   The input is a plan in JSON (`terraform show -json`). Resources that stay as they are count too, so that what a change
#   found there can be told from what it adds. Those that are deleted, forgotten or only read do not.
package builtin.lib.terraform

import data.builtin.lib.subject

resources := [resource |
	some planned in input.resource_changes
	planned.mode == "managed"
	is_object(planned.change.after)
	not "forget" in planned.change.actions
	resource := {
		"address": planned.address,
		"type": planned.type,
		"values": planned.change.after,
		"unknown": object.get(planned.change, "after_unknown", {}),
		"module": module_of(planned),
		"key": concat(".", [planned.type, planned.name]),
	}
]

# Indices of modules are no part of the configuration: `module.a["b"].module.c[0]` is `module.a.module.c` there.
module_of(planned) := regex.replace(object.get(planned, "module_address", ""), `\["(\\.|[^"\\])*"\]|\[[0-9]+\]`, "")

# The arguments that the configuration gives a resource, by module and by `type.name`.
configured := {module: arguments |
	some module in {resource.module | some resource in resources}
	steps := [step |
		some call in regex.find_n(`module\.[^.]+`, module, -1)
		some step in ["module_calls", trim_prefix(call, "module."), "module"]
	]
	arguments := {key: object.get(block, "expressions", {}) |
		some block in object.get(input.configuration.root_module, array.concat(steps, ["resources"]), [])
		block.mode == "managed"
		key := concat(".", [block.type, block.name])
	}
}

# The way to an attribute: `settings.tier` is that of the first block `settings`.
place(name) := array.slice(steps, 1, count(steps)) if {
	steps := [step | some part in split(name, "."); some step in [0, part]]
}

# The value of an attribute; null where it is not set or not known.
value(resource, name) := object.get(resource.values, place(name), null)

# Whether this version of the provider has the attribute. Plans have every one of them, null where it is not set.
exists(resource, name) if {
	_ := resource.values[place(name)[0]]
}

exists(resource, name) if {
	_ := resource.unknown[place(name)[0]]
}

# Whether an attribute gets a value that only applying tells. Providers call all that they choose themselves unknown as
# well: what the configuration does not mention is not set.
undecided(resource, name) if {
	steps := place(name)
	unknown(resource, steps)
	mentioned(resource, steps[0])
}

unknown(resource, steps) if {
	some length in numbers.range(1, count(steps))
	object.get(resource.unknown, array.slice(steps, 0, length), false) == true
}

mentioned(resource, argument) if object.get(configured, [resource.module, resource.key, argument], null) != null

# Without the configuration nobody can tell.
mentioned(resource, _) if object.get(configured, [resource.module, resource.key], null) == null

# Whether an attribute is known not to be set.
unset(resource, name) if {
	value(resource, name) in {null, ""}
	not undecided(resource, name)
}

# Whether an attribute is known to be none of the values that are accepted; null among them is "not set".
wrong(resource, name, accepted) if {
	exists(resource, name)
	not undecided(resource, name)
	not value(resource, name) in accepted
}

# Values that are accepted of a switch that has to be on, that may not be off, and that may not be on. Some providers
# have text for truths, so that they can tell what is not set.
on := {true, "true"}

not_off := {true, "true", null}

not_on := {false, "false", null}

# A replica holds nothing of its own, and much of what it is its source tells.
replica(resource) if {
	some name in ["replicate_source_db", "replication_source_identifier", "master_instance_name"]
	exists(resource, name)
	not unset(resource, name)
}

# One result: what an attribute is.
result(resource, name) := {
	"msg": sprintf("%s: %s %s", [resource.address, name, found(value(resource, name))]),
	"address": resource.address,
}

found(value) := "is not set" if value == null

found(value) := sprintf("is %v", [value]) if value != null

# One result: what an attribute is cannot be told before it is applied.
open_question(resource, name) := {
	"msg": sprintf("%s: %s is known only after it is applied", [resource.address, name]),
	"address": resource.address,
}

# Whether the stack is one of production.
production if subject.environment in data.gitops_ci.parameters.production

# Nobody says which stack it is.
production if subject.environment == null
