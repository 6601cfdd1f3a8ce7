"""A pull request as they happen: two environments, a replace in production, a dropped column, a plan that failed.

Its Terraform has one of everything that a plan can say.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import structs

from gitops_ci.model.finding import Waiver, make
from gitops_ci.model.plan import Attribute, Change, Check, Engine, Plan, Problem, Summary, summarise
from gitops_ci.model.report import Planned, Report, Tool
from gitops_ci.model.stack import AffectedStack, Reason
from gitops_ci.model.verdict import Verdict, VerdictReason
from gitops_ci.render.links import Links

HEAD = "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678"
ENVIRONMENTS = ("production", "staging", "development")
LINKS = Links(
    run="https://github.com/acme/infra/actions/runs/1",
    repository="https://github.com/acme/infra",
    report="https://github.com/acme/infra/actions/runs/1/artifacts/2",
    docs="https://github.com/gitops-ci/gitops-ci/blob/v1/docs/",
)

TERRAFORM = Engine(name="terraform", version="1.11.4", source="configured")
KUSTOMIZE = Engine(name="kustomize", version="5.6.0", source="path")
POSTGRES = Engine(name="postgres", version="16.4", source="embedded")


def affected(stack: str, *reasons: Reason, certainty: str = "module") -> AffectedStack:
    environment, kind, name = stack.split("/", 2)
    fields: dict[str, Any] = {"kind": kind, "certainty": certainty}
    return AffectedStack(
        id=stack,
        environment=environment,
        name=name,
        path=f"environments/{environment}/{kind}/{name}",
        change="modified",
        reasons=reasons,
        **fields,
    )


def planned(
    stack: str, changes: Sequence[Change], engine: Engine = TERRAFORM, seconds: float = 2.4, **fields: Any
) -> Plan:
    found = tuple(changes)
    status: Any = "changed" if found else "unchanged"
    return Plan(
        stack=stack, status=status, engine=engine, seconds=seconds, summary=summarise(found), changes=found, **fields
    )


def update(address: str, **attributes: tuple[Any, Any]) -> Change:
    return Change(
        address=address,
        type=address.partition(".")[0],
        action="update",
        attributes=tuple(Attribute(path=path, before=old, after=new) for path, (old, new) in attributes.items()),
    )


def report(*plans: Plan, **fields: Any) -> Report:
    values: dict[str, Any] = {
        "tool": Tool("1.0.0"),
        "base": "9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c",
        "head": HEAD,
        "planned": Planned(commit=HEAD, tree="0" * 40),
        "config_digest": "d",
        "started_at": "2026-05-04T10:00:00Z",
        "seconds": 8.2,
        "stacks": tuple(affected(plan.stack) for plan in plans if plan.stack.count("/") >= 2),
        "plans": plans,
    }
    return Report(**(values | fields))


def database(environment: str) -> Change:
    return Change(
        address="aws_db_instance.main",
        type="aws_db_instance",
        action="replace",
        reason="replace_because_cannot_update",
        destructive=True,
        attributes=(
            Attribute(path="arn", before=f"arn:aws:rds:eu-central-1:123456789012:db:{environment}-main", unknown=True),
            Attribute(path="engine_version", before="15.4", after="16.1"),
            Attribute(path="availability_zone", before="eu-central-1a", after="eu-central-1b", forces_replacement=True),
            Attribute(path="password", sensitive=True),
        ),
    )


def network(environment: str) -> tuple[Change, ...]:
    tags = {"Name": f"{environment}-private-a", "Environment": environment, "ManagedBy": "terraform"}
    return (
        Change(
            address='module.vpc.aws_subnet.private["a"]',
            type="aws_subnet",
            action="create",
            attributes=(
                Attribute(path="id", unknown=True),
                Attribute(path="cidr_block", after="10.0.48.0/20"),
                Attribute(path="tags", after=tags),
            ),
        ),
        Change(
            address="module.vpc.aws_route_table.private",
            type="aws_route_table",
            action="update",
            attributes=(Attribute(path="route[1].nat_gateway_id", before="nat-0a1b2c3d", unknown=True),),
        ),
    )


def policy(*actions: str) -> str:
    allow = {"Effect": "Allow", "Action": actions, "Resource": "arn:aws:s3:::acme-assets/*"}
    return msgspec.json.encode({"Version": "2012-10-17", "Statement": [allow]}).decode()


def user_data(release: str) -> str:
    script = f"""#!/bin/bash
set -euo pipefail
install -d -m 0750 /srv/app
curl -fsSLo /tmp/app.tar.gz https://downloads.acme.example/app-{release}.tar.gz
tar -xzf /tmp/app.tar.gz -C /srv/app
systemctl restart app
"""
    return base64.b64encode(script.encode()).decode()


def helm_values(replicas: int, memory: str) -> str:
    return f"""image:
  repository: ghcr.io/acme/exporter
  tag: "2.4.1"
replicas: {replicas}
service:
  type: ClusterIP
  ports:
    - name: http
      port: 8080
      targetPort: 8080
    - name: metrics
      port: 9090
      targetPort: 9090
resources:
  limits:
    cpu: 500m
    memory: {memory}
"""


def fleet(environment: str, size: str) -> tuple[Change, ...]:
    """An application's servers, alike in each environment but for their size."""
    name = f"{environment}-fleet"
    rule = {"from_port": 443, "to_port": 443, "protocol": "tcp", "cidr_blocks": ["10.0.0.0/8"], "self": None}
    return (
        Change(
            address="aws_instance.fleet",
            type="aws_instance",
            action="replace",
            destructive=True,
            create_before_destroy=True,
            attributes=(
                Attribute(path="arn", before="arn:aws:ec2:eu-central-1:123456789012:instance/i-0a1b", unknown=True),
                Attribute(path="id", before="i-0a1b2c3d", unknown=True),
                Attribute(path="instance_type", before="t3.small", after=size),
                Attribute(path="private_ip", before="10.0.17.23", unknown=True),
                Attribute(
                    path="user_data_base64",
                    before=user_data("3.1.0"),
                    after=user_data("3.2.0"),
                    forces_replacement=True,
                ),
            ),
        ),
        Change(
            address="aws_instance.fleet",
            type="aws_instance",
            action="delete",
            destructive=True,
            deposed="5f3a91c2",
            attributes=(Attribute(path="id", before="i-09f8e7d6"), Attribute(path="instance_type", before="t3.micro")),
        ),
        Change(
            address="aws_security_group.fleet",
            type="aws_security_group",
            action="create",
            attributes=(
                Attribute(path="arn", unknown=True),
                Attribute(path="description", after="Servers of the fleet"),
                Attribute(path="egress", after=[]),
                Attribute(path="id", unknown=True),
                Attribute(path="ingress", after=[rule | {"description": "https"}, rule | {"to_port": 444}]),
                Attribute(path="name", after=name),
                Attribute(path="name_prefix"),
                Attribute(path="owner_id", unknown=True),
                Attribute(path="revoke_rules_on_delete", after=False),
                Attribute(path="tags.Environment", after=environment),
                Attribute(path="tags.ManagedBy", after="terraform"),
                Attribute(path="tags.Name", after=name),
                Attribute(path="tags_all.Environment", after=environment),
                Attribute(path="tags_all.ManagedBy", after="terraform"),
                Attribute(path="tags_all.Name", after=name),
                Attribute(path="vpc_id", unknown=True),
            ),
        ),
        update("helm_release.exporter", **{"values[0]": (helm_values(2, "512Mi"), helm_values(3, "1Gi"))}),
        Change(
            address="aws_iam_role.fleet",
            type="aws_iam_role",
            action="update",
            attributes=(Attribute(path="assume_role_policy", before="{}", after="{ }", cosmetic=True),),
        ),
        Change(
            address="aws_cloudwatch_log_group.app",
            type="aws_cloudwatch_log_group",
            action="import",
            importing=True,
            reason="imports /acme/app",
            generated_config='resource "aws_cloudwatch_log_group" "app" {\n  name              = "/acme/app"\n'
            "  retention_in_days = 30\n}\n",
        ),
        Change(address="aws_s3_bucket.legacy", type="aws_s3_bucket", action="forget"),
        Change(address="data.aws_ami.debian", type="aws_ami", action="read", reason="read_because_config_unknown"),
    )


def machines(environment: str, size: str) -> Plan:
    return structs.replace(
        planned(f"{environment}/terraform/fleet", fleet(environment, size), seconds=4.4),
        outputs=(
            Change(
                address="output.image",
                type="output",
                action="update",
                attributes=(Attribute(path="value", before="app-3.1.0", after="app-3.2.0"),),
            ),
        ),
    )


SHOP = (
    update(
        "Deployment/shop/web",
        **{
            "spec.replicas": (3, 5),
            'spec.template.spec.containers["web"].image': ("ghcr.io/acme/web:1.8.2", "ghcr.io/acme/web:1.9.0"),
        },
    ),
)
ORDERS = "shared/databases/migrations/0042_orders.sql"
MIGRATION = (
    Change(
        address="public.users.legacy_id",
        type="column",
        action="delete",
        destructive=True,
        reason=f"dropped by {ORDERS}:3",
    ),
    Change(
        address="public.orders_customer_idx",
        type="index",
        action="create",
        attributes=(
            Attribute(
                path="definition",
                after="CREATE INDEX CONCURRENTLY orders_customer_idx\n  ON orders (customer_id)\n"
                "  WHERE cancelled_at IS NULL",
            ),
        ),
    ),
)
ACCESS = (
    update(
        "aws_iam_policy.assets",
        description=("Read the assets", "Read and write the assets"),
        policy=(policy("s3:GetObject"), policy("s3:GetObject", "s3:PutObject")),
    ),
    Change(address="aws_iam_role.ci", previous_address="aws_iam_role.deploy", type="aws_iam_role", action="move"),
)
CDN = Plan(
    stack="production/terraform/cdn",
    status="failed",
    seconds=1.4,
    changes=(update("aws_cloudfront_cache_policy.static", default_ttl=(3600, 86400)),),
    summary=Summary(update=1),
    engine=TERRAFORM,
    reason=Problem(
        code="invalid",
        message='Error: Unsupported argument\n\n  on main.tf line 14, in resource "aws_cloudfront_distribution" "cdn":\n'
        '  14:   price_clas = "PriceClass_100"\n\nAn argument named "price_clas" is not expected here.',
        path="environments/production/terraform/cdn/main.tf",
        line=14,
    ),
)
PENDING = (update("aws_db_instance.main", backup_retention_period=(7, 14)),)
CERTIFICATE = Check(
    address="check.certificate",
    status="fail",
    problems=("The certificate of api.acme.example ends in 9 days.",),
)
FLEET = structs.replace(
    machines("production", "m6i.large"),
    upstream=("production/terraform/network",),
    checks=(
        CERTIFICATE,
        Check(address="check.health", status="unknown"),
        Check(address="var.size", status="pass"),
        Check(address="var.release", status="pass"),
    ),
    drift=(
        update("aws_security_group.shared", description=("Shared by all", "Shared by all (edited by hand)")),
        *(
            structs.replace(update(f"aws_autoscaling_group.{name}", desired_capacity=(2, 3)), relevant=False)
            for name in ("blue", "green")
        ),
    ),
)
PLANS = (
    planned("production/database/app", MIGRATION, POSTGRES, 0.9),
    planned("production/kubernetes/shop", SHOP, KUSTOMIZE, 0.2),
    CDN,
    planned(
        "production/terraform/database",
        (update("aws_db_parameter_group.main", family=("postgres15", "postgres16")), database("production")),
        seconds=3.1,
        pending=PENDING,
    ),
    FLEET,
    planned("production/terraform/iam", ACCESS),
    planned("production/terraform/network", network("production")),
    planned("staging/database/app", MIGRATION, POSTGRES, 0.8),
    planned("staging/kubernetes/shop", SHOP, KUSTOMIZE, 0.2),
    planned("staging/terraform/database", (), seconds=2.9),
    machines("staging", "t3.medium"),
    planned("staging/terraform/network", network("staging"), seconds=2.2),
    planned("shared/terraform/dns", (), seconds=1.1),
)
VPC = Reason("shared/terraform/modules/vpc/main.tf", ("shared/terraform/modules/vpc",))
BASE = Reason("shared/kubernetes/base/deployment.yaml", ("shared/kubernetes/base",))
MIGRATED = Reason(ORDERS, ("shared/databases/migrations",))
REACHED = {"network": VPC, "cdn": VPC, "shop": BASE, "app": MIGRATED}

READ_ONLY = {
    "help": "set readOnlyRootFilesystem: true",
    "path": "shared/kubernetes/base/deployment.yaml",
    "line": 31,
}
WRITABLE = "The root filesystem of container web is writable"
FINDINGS = (
    make(
        "database/history-edited",
        "error",
        "0042_orders.sql is on main since 3 May and is edited here",
        help="keep merged migrations as they are; add 0043",
        path=ORDERS,
        line=3,
        stack="production/database/app",
    ),
    make("checkov/CKV_K8S_22", "warning", WRITABLE, stack="production/kubernetes/shop", **READ_ONLY),  # type: ignore[arg-type]  # shared by two
    make("checkov/CKV_K8S_22", "warning", WRITABLE, stack="staging/kubernetes/shop", **READ_ONLY),  # type: ignore[arg-type]  # shared by two
    msgspec.structs.replace(make("checkov/CKV_AWS_20", "error", "Bucket is public", help=""), state="existing"),
    msgspec.structs.replace(
        make("checkov/CKV_AWS_144", "warning", "No replication", help="", path="shared/terraform/s3.tf", line=40),
        waived_by=Waiver(what="x", owner="@acme/storage", reason="the backup account has a copy", until="2026-06-30"),
    ),
)
VERDICT = Verdict(
    decision="blocked",
    reasons=(
        VerdictReason(
            rule="gate/destroy",
            decision="blocked",
            message="1 replace and 1 delete in production need an approval",
            remedy="Approve the destroy",
            who="a member of @acme/dba, by review",
            stack="production/terraform/database",
        ),
        VerdictReason(
            rule="database/history-edited",
            decision="blocked",
            message="0042_orders.sql is on main since 3 May and is edited here",
            remedy="Restore 0042_orders.sql and add a new migration",
            stack="production/database/app",
        ),
        VerdictReason(
            rule="gate/plan-failed",
            decision="blocked",
            message="the plan failed",
            remedy="Fix environments/production/terraform/cdn/main.tf:14",
            stack="production/terraform/cdn",
        ),
    ),
    left_out=("approvals of teams: the token cannot read membership; users listed in gitops-ci.yml count",),
)
REALISTIC = report(
    *PLANS,
    stacks=tuple(
        affected(plan.stack, *(REACHED[name] for name in REACHED if plan.stack.endswith(f"/{name}"))) for plan in PLANS
    ),
    stacks_total=1204,
    changed_files=7,
    findings=FINDINGS,
    verdict=VERDICT,
)
