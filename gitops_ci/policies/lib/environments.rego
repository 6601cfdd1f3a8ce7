# METADATA
# title: Whether something belongs to production although its stack does not
# description: |
#   Only stacks of a configured environment that is none of production are judged, and only text that leads somewhere:
#   ARNs, URLs, hosts, and attributes that name a place (`bucket`, `namespace`, `project`). Words in a description or a
#   tag are only words. Nothing of a text is repeated: it may hold a password.
package builtin.lib.environments

import data.builtin.lib.subject

parameters := data.gitops_ci.parameters

judged if {
	subject.environment in parameters.environments
	not subject.environment in parameters.production
}

# What of production a text leads to: its names as words of their own (`non-production` is none of them) and its
# accounts; never the text itself.
production_in(key, text) := {name |
	some lead in leads(key, lower(text))
	some name in parameters.production_names
	regex.match(word(name), regex.replace(lead, sprintf(`(non|not|pre)[-_.]?%s`, [literal(name)]), ""))
}

word(name) := sprintf(`(^|[^0-9a-z])%s([^0-9a-z]|$)`, [literal(name)])

# A name as an expression that means just that.
literal(name) := regex.replace(lower(name), `([.*+?()|\[\]{}^$\\])`, `\$1`)

# The parts of a text that lead somewhere: all of it where the key says so or where it is a host, else URLs and ARNs.
leads(key, text) := [text] if whole(key, text)

leads(key, text) := regex.find_n(`[a-z][0-9a-z+.-]*://[^\s"'<>,]+|arn:aws[a-z-]*:[^\s"'<>,]+`, text, -1) if {
	not whole(key, text)
}

whole(key, _) if {
	key in {
		"account_id",
		"bucket",
		"cluster",
		"cluster_name",
		"namespace",
		"project",
		"project_id",
		"resource_group_name",
		"secret_id",
		"subscription_id",
		"workspace",
	}
}

# Two dots and more, and no file's name.
whole(_, text) if {
	regex.match(`^[0-9a-z_-]+(\.[0-9a-z_-]+){2,}(:[0-9]+)?(/\S*)?$`, text)
	not regex.match(`\.(conf|css|env|html?|ini|js|json|properties|sh|sql|tfvars|toml|txt|xml|ya?ml)$`, text)
}

# Only what names production at all is worth a closer look.
suspicious(text) if {
	some name in parameters.production_names
	contains(lower(text), lower(name))
}
