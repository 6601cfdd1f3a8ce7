# METADATA
# title: Nothing but the web is open to the internet
# description: |
#   A rule of a security group or a firewall that lets everybody in is for the ports of `policy.builtin.public_ports`
#   only. Whatever else listens on a public address (SSH, a database) is tried by strangers within minutes. ICMP is left
#   out: it has no ports, and networks need it.
# related_resources:
# - ref: https://github.com/gitops-ci/gitops-ci/blob/v1/docs/rules/builtin.md#builtinterraform-public-ingress
# custom:
#   id: terraform-public-ingress
#   severity: error
#   help: Name the networks that need it, or another security group; for people, a VPN or a session manager.
package builtin.terraform_public_ingress

import data.builtin.lib.terraform

# Who is let in (`sources`), by which protocol, to which ports: everything that writes such a rule, in one shape.
# `unsure_…` are the attributes that are known only after it is applied.
entries := array.concat(aws_entries, array.concat(azure_entries, google_entries))

aws_sources := ["cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6"]

azure_ports := ["destination_port_range", "destination_port_ranges"]

azure_sources := ["source_address_prefix", "source_address_prefixes"]

aws_entries := [entry |
	some resource in terraform.resources
	some block in aws_blocks(resource)
	entry := {
		"address": resource.address,
		"sources": texts(block, aws_sources),
		"unsure_source": unsure(block, aws_sources),
		"protocol": protocol(texts(block, ["protocol", "ip_protocol"])),
		"ports": [aws_range(block.values)],
		"unsure_port": unsure(block, ["protocol", "ip_protocol", "from_port", "to_port"]),
	}
]

aws_blocks(resource) := blocks(resource, "ingress") if {
	resource.type in {"aws_default_security_group", "aws_security_group"}
}

aws_blocks(resource) := [resource] if {
	resource.type == "aws_security_group_rule"
	resource.values.type == "ingress"
}

aws_blocks(resource) := [resource] if resource.type == "aws_vpc_security_group_ingress_rule"

azure_entries := [entry |
	some resource in terraform.resources
	some block in azure_blocks(resource)
	lower(object.get(block.values, "direction", "")) == "inbound"
	lower(object.get(block.values, "access", "")) == "allow"
	entry := {
		"address": resource.address,
		"sources": texts(block, azure_sources),
		"unsure_source": unsure(block, azure_sources),
		"protocol": protocol(texts(block, ["protocol"])),
		"ports": [range(text) | some text in texts(block, azure_ports)],
		"unsure_port": unsure(block, array.concat(["protocol"], azure_ports)),
	}
]

azure_blocks(resource) := [resource] if resource.type == "azurerm_network_security_rule"

azure_blocks(resource) := blocks(resource, "security_rule") if resource.type == "azurerm_network_security_group"

google_entries := [entry |
	some resource in terraform.resources
	resource.type == "google_compute_firewall"
	object.get(resource.values, "direction", null) != "EGRESS"
	object.get(resource.values, "disabled", null) != true
	some block in blocks(resource, "allow")
	entry := {
		"address": resource.address,
		"sources": texts(resource, ["source_ranges"]),
		"unsure_source": [name | some name in unsure(resource, ["source_ranges"]); terraform.mentioned(resource, name)],
		"protocol": protocol(texts(block, ["protocol"])),
		"ports": google_ports(texts(block, ["ports"])),
		"unsure_port": unsure(block, ["protocol", "ports"]),
	}
]

# Without ports all are meant.
google_ports(ports) := [range("*")] if count(ports) == 0

google_ports(ports) := [range(text) | some text in ports] if count(ports) > 0

# The blocks of a resource, each with what is not known of it.
blocks(resource, name) := [block |
	some index, values in object.get(resource.values, name, [])
	block := known(values, object.get(resource.unknown, [name, index], {}))
] if {
	not terraform.undecided(resource, name)
}

blocks(resource, name) := [anything] if terraform.undecided(resource, name)

known(values, unknown) := {"values": values, "unknown": unknown} if is_object(values)

known(values, _) := anything if {
	not is_object(values)
}

# A block of which nothing is known.
anything := {
	"values": {"access": "Allow", "direction": "Inbound"},
	"unknown": {"cidr_blocks": true, "protocol": true, "source_address_prefix": true},
}

# What attributes hold, be it a text or several.
texts(block, names) := [text |
	some name in names
	some text in list(object.get(block.values, name, []))
	is_string(text)
]

list(value) := value if is_array(value)

list(value) := [value] if {
	not is_array(value)
}

# Which of some attributes, or of their elements, are known only after it is applied.
unsure(block, names) := [name | some name in names; true in list(object.get(block.unknown, name, []))]

# Without ports, and with -1, all are meant.
aws_range(values) := {"from": values.from_port, "to": values.to_port} if ports_given(values)

aws_range(values) := range("*") if {
	not ports_given(values)
}

ports_given(values) if {
	is_number(object.get(values, "from_port", null))
	is_number(object.get(values, "to_port", null))
	values.from_port >= 0
}

# `22`, `20-30`, or everything.
range(text) := {"from": to_number(ends[0]), "to": to_number(array.reverse(ends)[0])} if {
	regex.match(`^[0-9]+(-[0-9]+)?$`, text)
	ends := split(text, "-")
}

range(text) := {"from": 0, "to": last_port} if {
	not regex.match(`^[0-9]+(-[0-9]+)?$`, text)
}

last_port := 65535

protocols := {
	"-1": "all",
	"*": "all",
	"1": "icmp",
	"17": "udp",
	"58": "icmpv6",
	"6": "tcp",
	"ipv6-icmp": "icmpv6",
}

protocol(texts) := object.get(protocols, name, name) if name := lower(concat("", texts))

with_ports := {"sctp", "tcp", "udp"}

# Everybody: the internet by name, or at least a large part of it. Half of it (`0.0.0.0/1`, twice) is all of it as well;
# the largest private networks are 10.0.0.0/8 and fc00::/7.
everybody(source) if lower(source) in {"*", "any", "internet"}

everybody(source) if regex.match(`^[0-9.]+/[0-7]$`, source)

everybody(source) if regex.match(`^[0-9a-fA-F:]+/[0-6]$`, source)

public(entry) := [source | some source in entry.sources; everybody(source)]

# What an entry opens beside what may be open, in words.
openings(entry) := ["all ports of all protocols"] if entry.protocol == "all"

openings(entry) := [sprintf("%s %s", [entry.protocol, words(ports)]) |
	some ports in entry.ports
	not may_be_open(ports)
] if {
	entry.protocol in with_ports
}

openings(entry) := [sprintf("protocol %s", [entry.protocol])] if {
	not entry.protocol in (with_ports | {"all", "icmp", "icmpv6", ""})
}

openings(entry) := [] if entry.protocol in {"icmp", "icmpv6", ""}

may_be_open(ports) if {
	ports.from in data.gitops_ci.parameters.public_ports
	ports.to in data.gitops_ci.parameters.public_ports
	every port in numbers.range(ports.from, ports.to) {
		port in data.gitops_ci.parameters.public_ports
	}
}

words(ports) := sprintf("port %d", [ports.from]) if ports.from == ports.to

words(ports) := sprintf("ports %d to %d", [ports.from, ports.to]) if ports.from != ports.to

deny contains {"msg": msg, "address": entry.address} if {
	some entry in entries
	count(entry.unsure_port) == 0
	sources := public(entry)
	count(sources) > 0
	some opening in openings(entry)
	msg := sprintf("%s: %s open to %s", [entry.address, opening, concat(", ", sources)])
}

# METADATA
# title: Whether it is open to the internet is known only after it is applied
# custom:
#   severity: notice
warn contains {"msg": msg, "address": entry.address} if {
	some entry in entries
	possible(entry)
	msg := sprintf("%s: who may reach which port is known only after it is applied", [entry.address])
}

possible(entry) if {
	count(entry.unsure_port) > 0
	count(public(entry)) > 0
}

possible(entry) if {
	count(entry.unsure_port) > 0
	count(entry.unsure_source) > 0
}

possible(entry) if {
	count(entry.unsure_source) > 0
	count(public(entry)) == 0
	count(openings(entry)) > 0
}
