package builtin.terraform_pinned_versions_test

import data.builtin.lib.inputs
import data.builtin.terraform_pinned_versions as policy

denied(configuration) := result if {
	result := inputs.messages(policy.deny) with input as {"configuration": configuration}
}

aws := "registry.terraform.io/hashicorp/aws"

provider(constraint) := {"provider_config": {"aws": {"name": "aws", "full_name": aws, "version_constraint": constraint}}}

test_bounds_pass if {
	every constraint in ["~> 5.0", "5.1.0", "= 5.1.0", ">= 5.0, < 6.0", "<= 5.9"] {
		denied(provider(constraint)) == set()
	}
}

test_no_bound_is_found if {
	denied(provider(">= 5.0")) == {"provider registry.terraform.io/hashicorp/aws: only >= 5.0 is asked for, the newest one is taken"}
	denied(provider("!= 5.2.0")) == {"provider registry.terraform.io/hashicorp/aws: only != 5.2.0 is asked for, the newest one is taken"}
	denied({"provider_config": {"aws": {"name": "aws"}}}) == {"provider aws: no version is asked for, the newest one is taken"}
}

test_a_bound_anywhere_is_one if {
	denied({"provider_config": {
		"aws": {"name": "aws", "full_name": aws},
		"module.a:aws": {"name": "aws", "full_name": aws, "version_constraint": "~> 5.0"},
	}}) == set()
}

test_what_is_built_in_passes if {
	denied({"provider_config": {"terraform": {"name": "terraform", "full_name": "terraform.io/builtin/terraform"}}}) == set()
}

test_a_plan_without_a_configuration_passes if policy.deny == set() with input as {}

call(source, version) := {"root_module": {"module_calls": {"vpc": object.union({"source": source}, version)}}}

test_modules_of_a_registry if {
	source := "terraform-aws-modules/vpc/aws"
	denied(call(source, {"version_constraint": "5.1.0"})) == set()
	denied(call(source, {})) == {"module.vpc: no version is asked for, the newest one is taken"}
	denied(call(sprintf("registry.acme.example:8443/%s//modules/x", [source]), {"version_constraint": ">= 5.0"})) == {"module.vpc: only >= 5.0 is asked for, the newest one is taken"}
}

test_other_modules_pass if {
	every source in [
		"./modules/vpc",
		"../../../shared/terraform/modules/vpc",
		"github.com/acme/modules/vpc",
		"git::https://git.acme.example/vpc.git",
		"https://acme.example/vpc.zip",
	] {
		denied(call(source, {})) == set()
	}
}

nested(source) := {"module_calls": {"a": {"source": source, "version_constraint": "1.0.0", "module": {"module_calls": {"b": {"source": "acme/b/aws"}}}}}}

test_calls_of_local_modules_count if {
	deepest := {"module_calls": {"c": {"source": "acme/c/aws"}}}
	deep := {"module_calls": {"b": {"source": "./b", "module": deepest}}}
	denied({"root_module": nested("./a")}) == {"module.a.module.b: no version is asked for, the newest one is taken"}
	denied({"root_module": {"module_calls": {"a": {"source": "./a", "module": deep}}}}) == {"module.a.module.b.module.c: no version is asked for, the newest one is taken"}
}

test_calls_of_others_do_not if denied({"root_module": nested("acme/a/aws")}) == set()
