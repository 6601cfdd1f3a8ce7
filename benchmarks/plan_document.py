"""A generated `terraform show -json` of any size: resources as clouds have them, every action, marks and unknowns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]

SECRETS = (b"hunter2", b"correct-horse")
"""What a generated plan holds that nobody may tell: in a script, and marked as sensitive."""

_OWNERS = ("payments", "search", "identity", "data", "edge")
_PROVIDER = "registry.terraform.io/hashicorp/aws"


def write(path: Path, changes: int) -> int:
    """Writes a plan with `changes` changed resources, some 2 kB each, and returns its size in bytes."""
    with path.open("w", encoding="utf-8") as file:
        file.write('{"format_version":"1.2","terraform_version":"1.15.0",')
        file.write('"variables":{"region":{"value":"eu-west-1"}},"planned_values":{"root_module":{"resources":[')
        _listed(file, (_values(each, "after") for each in _resources(changes) if each["change"]["after"] is not None))
        file.write(']}},"resource_changes":[')
        _listed(file, _resources(changes))
        file.write('],"output_changes":')
        file.write(_compact({f"endpoint_{number}": _output(number) for number in range(changes // 500)}))
        file.write(',"prior_state":{"format_version":"1.0","values":{"root_module":{"resources":[')
        _listed(file, (_values(each, "before") for each in _resources(changes) if each["change"]["before"] is not None))
        file.write(']}}},"configuration":{"root_module":{"resources":[')
        _listed(file, (_configured(number) for number in range(changes // 100)))
        file.write(']}},"timestamp":"2026-11-25T10:00:00Z","applyable":true,"complete":true,"errored":false}\n')
    return path.stat().st_size


def _listed(file: Any, items: Iterator[Json]) -> None:
    for index, item in enumerate(items):
        file.write(("," if index else "") + _compact(item))


def _compact(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _resources(changes: int) -> Iterator[Json]:
    """Of ten: two instances, a group and a policy updated, three records created, two alarms deleted, one replaced."""
    makers = (_instance, _record, _alarm, _policy, _record, _instance, _group, _record, _template, _alarm)
    for number in range(changes):
        yield makers[number % len(makers)](number)


def _values(resource: Json, side: str) -> Json:
    about = {name: resource[name] for name in ("address", "mode", "type", "name", "index", "provider_name")}
    return about | {"schema_version": 1, "values": resource["change"][side], "sensitive_values": {}}


def _configured(number: int) -> Json:
    return {
        "address": f"aws_instance.web_{number}",
        "mode": "managed",
        "type": "aws_instance",
        "expressions": {"ami": {"references": ["data.aws_ami.linux"]}, "tags": {"references": ["local.tags"]}},
    }


def _resource(kind: str, number: int, actions: list[str], **change: Any) -> Json:
    module = f"module.region[{number % 4}].module.{_OWNERS[number % 5]}"
    return {
        "address": f"{module}.{kind}.main[{number}]",
        "module_address": module,
        "mode": "managed",
        "type": kind,
        "name": "main",
        "index": number,
        "provider_name": _PROVIDER,
        "change": {
            "actions": actions,
            "before": None,
            "after": None,
            "after_unknown": {},
            "before_sensitive": {"tags": {}, "tags_all": {}},
            "after_sensitive": {"tags": {}, "tags_all": {}},
            **change,
        },
    }


def _tags(number: int, version: str) -> dict[str, str]:
    return {
        "Name": f"{_OWNERS[number % 5]}-{number}",
        "Environment": "production",
        "Owner": _OWNERS[number % 5],
        "Version": version,
    }


def _instance(number: int) -> Json:
    before: Json = {
        "ami": "ami-0a1b2c3d4e5f67890",
        "arn": f"arn:aws:ec2:eu-west-1:123456789012:instance/i-{number:017x}",
        "associate_public_ip_address": False,
        "availability_zone": "eu-west-1a",
        "ebs_optimized": True,
        "iam_instance_profile": f"{_OWNERS[number % 5]}-web",
        "id": f"i-{number:017x}",
        "instance_type": "m6i.large",
        "key_name": None,
        "monitoring": True,
        "private_ip": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        "root_block_device": [{"encrypted": True, "iops": 3000, "volume_size": 40, "volume_type": "gp3"}],
        "subnet_id": f"subnet-{number:017x}",
        "tags": _tags(number, "1.4.2"),
        "tags_all": _tags(number, "1.4.2"),
        "vpc_security_group_ids": [f"sg-{number:017x}", "sg-0123456789abcdef0"],
    }
    after = before | {"instance_type": "m7i.large", "tags": _tags(number, "1.5.0"), "tags_all": _tags(number, "1.5.0")}
    return _resource("aws_instance", number, ["update"], before=before, after=after)


def _record(number: int) -> Json:
    after = {
        "allow_overwrite": None,
        "name": f"host-{number}.internal.example.com",
        "records": [f"10.0.{number >> 8 & 255}.{number & 255}"],
        "set_identifier": None,
        "ttl": 300,
        "type": "A",
        "zone_id": f"Z{number:020X}",
    }
    unknown = {"fqdn": True, "id": True, "records": [False]}
    return _resource("aws_route53_record", number, ["create"], after=after, after_unknown=unknown)


def _alarm(number: int) -> Json:
    before = {
        "alarm_actions": ["arn:aws:sns:eu-west-1:123456789012:pages"],
        "alarm_name": f"cpu-{number}",
        "comparison_operator": "GreaterThanThreshold",
        "dimensions": {"InstanceId": f"i-{number:017x}"},
        "evaluation_periods": 3,
        "id": f"cpu-{number}",
        "metric_name": "CPUUtilization",
        "namespace": "AWS/EC2",
        "period": 60,
        "statistic": "Average",
        "threshold": 90.5,
        "unit": "",
    }
    return _resource("aws_cloudwatch_metric_alarm", number, ["delete"], before=before)


def _policy(number: int) -> Json:
    def text(*actions: str) -> str:
        statement = {
            "Sid": f"S{number}",
            "Effect": "Allow",
            "Action": actions,
            "Resource": f"arn:aws:s3:::data-{number}/*",
        }
        return _compact({"Version": "2012-10-17", "Statement": [statement]})

    before = {
        "arn": f"arn:aws:iam::123456789012:policy/read-{number}",
        "description": "Reads one bucket",
        "id": f"arn:aws:iam::123456789012:policy/read-{number}",
        "name": f"read-{number}",
        "path": "/",
        "policy": text("s3:GetObject"),
        "tags": _tags(number, "1.4.2"),
    }
    after = before | {"policy": text("s3:GetObject", "s3:ListBucket")}
    return _resource("aws_iam_policy", number, ["update"], before=before, after=after)


def _group(number: int) -> Json:
    def rules(ports: range) -> list[Json]:
        return [
            {
                "cidr_blocks": [f"10.{port & 255}.0.0/16"],
                "description": f"port {port}",
                "from_port": port,
                "protocol": "tcp",
                "self": False,
                "to_port": port,
            }
            for port in ports
        ]

    before = {
        "arn": f"arn:aws:ec2:eu-west-1:123456789012:security-group/sg-{number:017x}",
        "id": f"sg-{number:017x}",
        "ingress": rules(range(8001, 8005)),
        "name": f"group-{number}",
        "tags": _tags(number, "1.4.2"),
        "vpc_id": "vpc-0123456789abcdef0",
    }
    after = before | {"ingress": rules(range(8000, 8005))}
    return _resource("aws_security_group", number, ["update"], before=before, after=after)


def _template(number: int) -> Json:
    def script(version: str) -> str:
        return f"#!/bin/sh\nset -eu\nexport DATABASE_PASSWORD=hunter2-{number}\nexec /opt/service --version {version}\n"

    before = {
        "id": f"lt-{number:017x}",
        "image_id": "ami-0a1b2c3d4e5f67890",
        "name": f"template-{number}",
        "password": f"correct-horse-{number}",
        "user_data": script("1.4.2"),
    }
    marks = {"password": True}
    return _resource(
        "aws_launch_configuration",
        number,
        ["create", "delete"],
        before=before,
        after={**before, "user_data": script("1.5.0"), "id": None},
        after_unknown={"id": True},
        before_sensitive=marks,
        after_sensitive=marks,
        replace_paths=[["user_data"]],
    )


def _output(number: int) -> Json:
    return {
        "actions": ["update"],
        "before": f"https://{number}.example.com",
        "after": f"https://{number}.example.org",
        "after_unknown": False,
        "before_sensitive": False,
        "after_sensitive": False,
    }
