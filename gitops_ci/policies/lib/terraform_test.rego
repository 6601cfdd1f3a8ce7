package builtin.lib.terraform_test

import data.builtin.lib.inputs
import data.builtin.lib.terraform

change(mode, actions, after) := {
	"address": "aws_lb.main",
	"mode": mode,
	"type": "aws_lb",
	"name": "main",
	"change": {"actions": actions, "after": after},
}

counted(planned) if count(terraform.resources) == 1 with input as inputs.bare_plan([planned])

test_what_is_there_afterwards_counts if {
	every actions in [["create"], ["update"], ["delete", "create"], ["create", "delete"], ["no-op"]] {
		counted(change("managed", actions, {}))
	}
}

test_what_is_gone_or_read_does_not if {
	every planned in [
		change("managed", ["delete"], null),
		change("managed", ["forget"], {}),
		change("data", ["read"], {}),
	] {
		not counted(planned)
	}
}

test_a_document_that_is_no_plan_has_none if terraform.resources == [] with input as {}

resource := terraform.resources[0]

test_place_in_blocks if {
	terraform.place("settings.backup.enabled") == ["settings", 0, "backup", 0, "enabled"]
	terraform.place("encrypted") == ["encrypted"]
}

test_value if {
	planned := inputs.created("x", {"settings": [{"tier": "small"}], "encrypted": false})
	terraform.value(resource, "settings.tier") == "small" with input as inputs.plan([planned])
	terraform.value(resource, "encrypted") == false with input as inputs.plan([planned])
	terraform.value(resource, "settings.size") == null with input as inputs.plan([planned])
}

test_exists if {
	planned := inputs.partly("x", {"encrypted": null}, {"tier": true})
	terraform.exists(resource, "encrypted") with input as inputs.plan([planned])
	terraform.exists(resource, "tier.name") with input as inputs.plan([planned])
	not terraform.exists(resource, "other") with input as inputs.plan([planned])
}

test_what_the_configuration_mentions_is_undecided if {
	planned := inputs.partly("x", {}, {"encrypted": true, "settings": [{"tier": true}]})
	terraform.undecided(resource, "encrypted") with input as inputs.plan([planned])
	terraform.undecided(resource, "settings.tier") with input as inputs.plan([planned])
	not terraform.undecided(resource, "settings.size") with input as inputs.plan([planned])
}

test_what_the_provider_chooses_is_not if {
	block := {"mode": "managed", "type": "x", "name": "main", "expressions": {}}
	document := object.union(
		inputs.bare_plan([inputs.partly("x", {}, {"encrypted": true})]),
		{"configuration": {"root_module": {"resources": [block]}}},
	)
	not terraform.undecided(resource, "encrypted") with input as document
	terraform.unset(resource, "encrypted") with input as document
}

test_without_the_configuration_all_is if {
	terraform.undecided(resource, "encrypted") with input as inputs.bare_plan([inputs.partly("x", {}, {"encrypted": true})])
}

test_resources_of_modules if {
	planned := object.union(
		inputs.partly("x", {}, {"encrypted": true, "tier": true}),
		{"module_address": `module.a["b.\"]c"].module.d[0]`},
	)
	block := {"mode": "managed", "type": "x", "name": "main", "expressions": {"tier": {}}}
	data_block := {"mode": "data", "type": "x", "name": "main"}
	configuration := {"root_module": {"module_calls": {"a": {"module": {"module_calls": {"d": {"module": {"resources": [
		block,
		data_block,
	]}}}}}}}}
	document := object.union(inputs.bare_plan([planned]), {"configuration": configuration})
	resource.module == "module.a.module.d" with input as document
	terraform.undecided(resource, "tier") with input as document
	not terraform.undecided(resource, "encrypted") with input as document
}

test_unset if {
	document := inputs.plan([inputs.partly("x", {"a": null, "b": "", "c": "x"}, {"d": true})])
	terraform.unset(resource, "a") with input as document
	terraform.unset(resource, "b") with input as document
	not terraform.unset(resource, "c") with input as document
	not terraform.unset(resource, "d") with input as document
}

test_wrong if {
	document := inputs.plan([inputs.partly("x", {"a": null, "b": true, "c": "false"}, {"d": true})])
	terraform.wrong(resource, "a", terraform.on) with input as document
	not terraform.wrong(resource, "a", terraform.not_off) with input as document
	not terraform.wrong(resource, "b", terraform.on) with input as document
	terraform.wrong(resource, "b", terraform.not_on) with input as document
	not terraform.wrong(resource, "c", terraform.not_on) with input as document
	not terraform.wrong(resource, "d", terraform.on) with input as document
	not terraform.wrong(resource, "older", terraform.on) with input as document
}

test_replica if {
	terraform.replica(resource) with input as inputs.plan([inputs.created("x", {"replicate_source_db": "main"})])
	terraform.replica(resource) with input as inputs.plan([inputs.partly("x", {}, {"replicate_source_db": true})])
	not terraform.replica(resource) with input as inputs.plan([inputs.created("x", {"replicate_source_db": null})])
	not terraform.replica(resource) with input as inputs.plan([inputs.created("x", {})])
}

test_results if {
	document := inputs.plan([inputs.created("x", {"a": false})])
	terraform.result(resource, "a") == {"msg": "x.main: a is false", "address": "x.main"} with input as document
	terraform.result(resource, "b").msg == "x.main: b is not set" with input as document
	terraform.open_question(resource, "a").msg == "x.main: a is known only after it is applied" with input as document
}

test_production if {
	terraform.production with input as inputs.of("production", {})
		with data.gitops_ci.parameters as inputs.parameters
	not terraform.production with input as inputs.of("staging", {})
		with data.gitops_ci.parameters as inputs.parameters
	terraform.production with input as {}
}
