package builtin.terraform_encryption_test

import data.builtin.lib.inputs
import data.builtin.terraform_encryption as policy

denied(document) := result if result := inputs.messages(policy.deny) with input as document

doubted(document) := result if result := inputs.messages(policy.warn) with input as document

test_encrypted_passes if {
	denied(inputs.plan([inputs.created("aws_db_instance", {"storage_encrypted": true})])) == set()
	denied(inputs.plan([inputs.created("aws_redshift_cluster", {"encrypted": "true"})])) == set()
}

test_unencrypted_is_found if {
	denied(inputs.plan([inputs.created("aws_db_instance", {"storage_encrypted": false})])) == {"aws_db_instance.main: storage_encrypted is false"}
	denied(inputs.plan([inputs.created("aws_ebs_volume", {"encrypted": null})])) == {"aws_ebs_volume.main: encrypted is not set"}
	denied(inputs.plan([inputs.created("aws_opensearch_domain", {"encrypt_at_rest": []})])) == {"aws_opensearch_domain.main: encrypt_at_rest.enabled is not set"}
	denied(inputs.plan([inputs.created("aws_kinesis_stream", {"encryption_type": "NONE"})])) == {"aws_kinesis_stream.main: encryption_type is NONE"}
}

test_what_is_on_by_itself_may_only_not_be_off if {
	denied(inputs.plan([inputs.created("azurerm_storage_account", {"https_traffic_only_enabled": null})])) == set()
	denied(inputs.plan([inputs.created("azurerm_storage_account", {"https_traffic_only_enabled": false})])) == {"azurerm_storage_account.main: https_traffic_only_enabled is false"}
	denied(inputs.plan([inputs.created("azurerm_redis_cache", {"non_ssl_port_enabled": true})])) == {"azurerm_redis_cache.main: non_ssl_port_enabled is true"}
}

test_engines_that_always_encrypt_pass if {
	cache := {"engine": "valkey", "at_rest_encryption_enabled": null, "transit_encryption_enabled": true}
	denied(inputs.plan([inputs.created("aws_elasticache_replication_group", cache)])) == set()
	cluster := {"engine_mode": "serverless", "storage_encrypted": null}
	denied(inputs.plan([inputs.created("aws_rds_cluster", cluster)])) == set()
	redis := object.union(cache, {"engine": "redis"})
	count(denied(inputs.plan([inputs.created("aws_elasticache_replication_group", redis)]))) == 1
}

test_replicas_pass if {
	replica := {"replicate_source_db": "main", "storage_encrypted": false}
	denied(inputs.plan([inputs.created("aws_db_instance", replica)])) == set()
}

test_queues if {
	found := {"aws_sqs_queue.main: sqs_managed_sse_enabled is false"}
	denied(inputs.plan([inputs.created("aws_sqs_queue", {"sqs_managed_sse_enabled": false, "kms_master_key_id": null})])) == found
	denied(inputs.plan([inputs.created("aws_sqs_queue", {"sqs_managed_sse_enabled": false, "kms_master_key_id": "alias/x"})])) == set()
	denied(inputs.plan([inputs.created("aws_sqs_queue", {"sqs_managed_sse_enabled": null, "kms_master_key_id": null})])) == set()
	unknown := inputs.partly("aws_sqs_queue", {"sqs_managed_sse_enabled": false}, {"kms_master_key_id": true})
	denied(inputs.plan([unknown])) == set()
}

test_what_is_not_known_is_told if {
	document := inputs.plan([inputs.partly("aws_ebs_volume", {}, {"encrypted": true})])
	denied(document) == set()
	doubted(document) == {"aws_ebs_volume.main: encrypted is known only after it is applied"}
}
