package builtin.lib.environments_test

import data.builtin.lib.environments
import data.builtin.lib.inputs

found(key, text) := result if {
	result := environments.production_in(key, text) with data.gitops_ci.parameters as inputs.parameters
}

test_places if {
	found("bucket", "acme-production-data") == {"production"}
	found("namespace", "prod") == {"prod"}
	found("bucket", "acme-data") == set()
}

test_texts_that_lead_somewhere if {
	found("env", "https://api.prod.acme.example/v1") == {"prod"}
	found("policy", `{"Resource":"arn:aws:s3:::acme-production/*"}`) == {"production"}
	found("role", "arn:aws:iam::111122223333:role/deploy") == {"111122223333"}
	found("value", "db.production.acme.example:5432") == {"production"}
	found("value", "registry.prod.acme.example/shop/api:1.4.0") == {"prod"}
	found("value", "Host=DB.PRODUCTION.acme.example;https://x.PROD.y") == {"prod"}
}

test_words_do_not if {
	found("description", "not for production") == set()
	found("stage_name", "prod") == set()
	found("value", "values.prod.yaml") == set()
	found("value", "see a.production.md, or ask") == set()
}

test_parts_of_words_do_not if {
	found("bucket", "acme-products") == set()
	found("bucket", "reproduction") == set()
	found("account_id", "9111122223333") == set()
}

test_what_is_before_production_is_not_it if {
	every text in ["non-production", "nonprod", "pre-prod", "preproduction", "acme-not-production"] {
		found("bucket", text) == set()
	}
}

test_who_is_judged if {
	environments.judged with input as inputs.of("staging", {}) with data.gitops_ci.parameters as inputs.parameters
	every other in ["production", "shared"] {
		not environments.judged with input as inputs.of(other, {}) with data.gitops_ci.parameters as inputs.parameters
	}
	not environments.judged with input as {} with data.gitops_ci.parameters as inputs.parameters
}

test_suspicious if {
	environments.suspicious("PRODUCTION") with data.gitops_ci.parameters as inputs.parameters
	not environments.suspicious("staging") with data.gitops_ci.parameters as inputs.parameters
}

test_names_are_no_expressions if {
	environments.literal("a.b(c") == `a\.b\(c`
	odd := object.union(inputs.parameters, {"production_names": ["a.b", "x(*", "y$"]})
	environments.production_in("bucket", "a.b-data") == {"a.b"} with data.gitops_ci.parameters as odd
	environments.production_in("bucket", "axb-x-y") == set() with data.gitops_ci.parameters as odd
}
