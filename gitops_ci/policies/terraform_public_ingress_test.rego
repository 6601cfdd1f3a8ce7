package builtin.terraform_public_ingress_test

import data.builtin.lib.inputs
import data.builtin.terraform_public_ingress as policy

denied(document) := result if {
	result := inputs.messages(policy.deny) with input as document
		with data.gitops_ci.parameters as inputs.parameters
}

doubted(document) := result if {
	result := inputs.messages(policy.warn) with input as document
		with data.gitops_ci.parameters as inputs.parameters
}

question(type) := {sprintf("%s.main: who may reach which port is known only after it is applied", [type])}

# Security groups of AWS

tcp(from, to, networks) := {"from_port": from, "to_port": to, "protocol": "tcp", "cidr_blocks": networks}

group(block) := inputs.plan([inputs.created("aws_security_group", {"ingress": [block]})])

rule(values) := inputs.plan([inputs.created("aws_security_group_rule", object.union({"type": "ingress"}, values))])

test_the_web_passes if {
	denied(group(tcp(443, 443, ["0.0.0.0/0"]))) == set()
	denied(rule(tcp(80, 80, ["0.0.0.0/0"]))) == set()
}

test_other_ports_are_found if {
	denied(group(tcp(22, 22, ["0.0.0.0/0"]))) == {"aws_security_group.main: tcp port 22 open to 0.0.0.0/0"}
	denied(rule(tcp(22, 22, ["10.0.0.0/8", "0.0.0.0/0"]))) == {"aws_security_group_rule.main: tcp port 22 open to 0.0.0.0/0"}
}

test_ranges_are_found if {
	denied(group(tcp(80, 443, ["0.0.0.0/0"]))) == {"aws_security_group.main: tcp ports 80 to 443 open to 0.0.0.0/0"}
	denied(group(tcp(80, 81, ["0.0.0.0/0"]))) == {"aws_security_group.main: tcp ports 80 to 81 open to 0.0.0.0/0"}
}

test_all_protocols_are_found if {
	every protocol in ["-1", "all"] {
		block := {"from_port": 0, "to_port": 0, "protocol": protocol, "cidr_blocks": ["0.0.0.0/0"]}
		denied(group(block)) == {"aws_security_group.main: all ports of all protocols open to 0.0.0.0/0"}
	}
}

test_protocols_by_number if {
	denied(group({"from_port": 22, "to_port": 22, "protocol": "6", "cidr_blocks": ["0.0.0.0/0"]})) == {"aws_security_group.main: tcp port 22 open to 0.0.0.0/0"}
	denied(group({"from_port": 0, "to_port": 0, "protocol": "50", "cidr_blocks": ["0.0.0.0/0"]})) == {"aws_security_group.main: protocol 50 open to 0.0.0.0/0"}
}

test_icmp_passes if {
	every protocol in ["icmp", "icmpv6", "1", "58"] {
		denied(group({"from_port": -1, "to_port": -1, "protocol": protocol, "cidr_blocks": ["0.0.0.0/0"]})) == set()
	}
}

test_no_ports_are_all_ports if {
	every port in [null, -1] {
		block := {"from_port": port, "to_port": port, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"]}
		denied(group(block)) == {"aws_security_group.main: tcp ports 0 to 65535 open to 0.0.0.0/0"}
	}
}

test_private_networks_pass if {
	every networks in [["10.0.0.0/8"], ["192.0.2.1/32"], [], null] {
		denied(group(tcp(22, 22, networks))) == set()
	}
}

test_half_of_the_internet_is_found if count(denied(group(tcp(22, 22, ["0.0.0.0/1", "128.0.0.0/1"])))) == 1

test_ipv6_is_found if {
	block := {"from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": [], "ipv6_cidr_blocks": ["::/0"]}
	denied(group(block)) == {"aws_security_group.main: tcp port 22 open to ::/0"}
	count(denied(group(object.union(block, {"ipv6_cidr_blocks": ["2000::/3"]})))) == 1
	denied(group(object.union(block, {"ipv6_cidr_blocks": ["fc00::/7"]}))) == set()
}

test_egress_passes if denied(rule(object.union(tcp(22, 22, ["0.0.0.0/0"]), {"type": "egress"}))) == set()

test_rules_of_vpcs if {
	values := {"cidr_ipv4": "0.0.0.0/0", "cidr_ipv6": null, "from_port": 22, "to_port": 22, "ip_protocol": "tcp"}
	planned := inputs.created("aws_vpc_security_group_ingress_rule", values)
	denied(inputs.plan([planned])) == {"aws_vpc_security_group_ingress_rule.main: tcp port 22 open to 0.0.0.0/0"}
}

test_a_source_that_is_not_known_is_told if {
	unknown := {"ingress": [{"cidr_blocks": [true]}]}
	block := tcp(22, 22, [null])
	document := inputs.plan([inputs.partly("aws_security_group", {"ingress": [block]}, unknown)])
	denied(document) == set()
	doubted(document) == question("aws_security_group")
}

test_whoever_may_reach_the_web_may_be_unknown if {
	planned := inputs.partly("aws_security_group", {"ingress": [tcp(443, 443, [null])]}, {"ingress": [{"cidr_blocks": [true]}]})
	doubted(inputs.plan([planned])) == set()
}

test_a_port_that_is_not_known_is_told if {
	values := {"type": "ingress", "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"]}
	planned := inputs.partly("aws_security_group_rule", values, {"from_port": true, "to_port": true})
	denied(inputs.plan([planned])) == set()
	doubted(inputs.plan([planned])) == question("aws_security_group_rule")
	closed := inputs.partly("aws_security_group_rule", object.union(values, {"cidr_blocks": ["10.0.0.0/8"]}), {"from_port": true})
	doubted(inputs.plan([closed])) == set()
}

test_blocks_that_are_not_known_are_told if {
	doubted(inputs.plan([inputs.partly("aws_security_group", {}, {"ingress": true})])) == question("aws_security_group")
	planned := inputs.partly("aws_security_group", {"ingress": [null]}, {"ingress": [true]})
	doubted(inputs.plan([planned])) == question("aws_security_group")
}

# Azure

inbound := {
	"access": "Allow",
	"direction": "Inbound",
	"protocol": "Tcp",
	"source_address_prefix": "*",
	"destination_port_range": "22",
}

azure(values) := inputs.plan([inputs.created("azurerm_network_security_rule", object.union(inbound, values))])

test_azure if {
	denied(azure({})) == {"azurerm_network_security_rule.main: tcp port 22 open to *"}
	denied(azure({"destination_port_range": "443"})) == set()
	denied(azure({"destination_port_range": "20-30"})) == {"azurerm_network_security_rule.main: tcp ports 20 to 30 open to *"}
	denied(azure({"destination_port_range": "*"})) == {"azurerm_network_security_rule.main: tcp ports 0 to 65535 open to *"}
	denied(azure({"protocol": "*"})) == {"azurerm_network_security_rule.main: all ports of all protocols open to *"}
	denied(azure({"protocol": "Icmp"})) == set()
	denied(azure({"access": "Deny"})) == set()
	denied(azure({"direction": "Outbound"})) == set()
	denied(azure({"source_address_prefix": "VirtualNetwork"})) == set()
	denied(azure({"source_address_prefix": "Internet"})) == {"azurerm_network_security_rule.main: tcp port 22 open to Internet"}
}

test_lists_of_azure if {
	values := {
		"source_address_prefix": null,
		"source_address_prefixes": ["10.0.0.0/8", "0.0.0.0/0"],
		"destination_port_range": null,
		"destination_port_ranges": ["443", "3389"],
	}
	denied(azure(values)) == {"azurerm_network_security_rule.main: tcp port 3389 open to 0.0.0.0/0"}
}

test_groups_of_azure if {
	planned := inputs.created("azurerm_network_security_group", {"security_rule": [inbound]})
	denied(inputs.plan([planned])) == {"azurerm_network_security_group.main: tcp port 22 open to *"}
	unknown := inputs.partly("azurerm_network_security_group", {}, {"security_rule": true})
	doubted(inputs.plan([unknown])) == question("azurerm_network_security_group")
}

# Google Cloud

firewall(values) := inputs.plan([inputs.created("google_compute_firewall", object.union(
	{
		"direction": "INGRESS",
		"source_ranges": ["0.0.0.0/0"],
		"allow": [{"protocol": "tcp", "ports": ["22"]}],
	},
	values,
))])

test_google if {
	denied(firewall({})) == {"google_compute_firewall.main: tcp port 22 open to 0.0.0.0/0"}
	denied(firewall({"allow": [{"protocol": "tcp", "ports": ["80", "443"]}, {"protocol": "icmp", "ports": []}]})) == set()
	denied(firewall({"allow": [{"protocol": "udp", "ports": []}]})) == {"google_compute_firewall.main: udp ports 0 to 65535 open to 0.0.0.0/0"}
	denied(firewall({"allow": [{"protocol": "all", "ports": []}]})) == {"google_compute_firewall.main: all ports of all protocols open to 0.0.0.0/0"}
	denied(firewall({"direction": "EGRESS"})) == set()
	denied(firewall({"disabled": true})) == set()
	denied(firewall({"source_ranges": ["10.0.0.0/8"]})) == set()
	denied(firewall({"allow": [], "deny": [{"protocol": "all"}]})) == set()
}

test_sources_of_google_that_are_not_known_are_told if {
	values := {"allow": [{"protocol": "tcp", "ports": ["22"]}]}
	document := inputs.plan([inputs.partly("google_compute_firewall", values, {"source_ranges": true})])
	doubted(document) == question("google_compute_firewall")
	block := {"mode": "managed", "type": "google_compute_firewall", "name": "main", "expressions": {"source_tags": {}}}
	tagged := object.union(document, {"configuration": {"root_module": {"resources": [block]}}})
	doubted(tagged) == set()
}

test_neither_port_nor_source_is_known if {
	planned := inputs.partly("aws_security_group_rule", {"type": "ingress"}, {"from_port": true, "cidr_blocks": true})
	doubted(inputs.plan([planned])) == question("aws_security_group_rule")
}
