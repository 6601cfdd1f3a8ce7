"""Writes git repositories to measure on: a monorepo of Terraform roots by environment and team, with shared modules."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks import measure

ENVIRONMENTS = ("development", "staging", "production")
TEAMS = ("payments", "search", "identity", "logistics", "storefront", "data", "platform", "messaging")
MODULES = "shared/terraform/modules"
Files = Mapping[str, str]


@dataclass(frozen=True)
class Monorepo:
    """The sizes of a repository, and what is in it; the same sizes give the same bytes.

    Each root has five files and uses three modules, one of them among the first eight: those are popular. The upper
    half of the modules uses one or two of the lower half; one in seven reads a template of its own.
    """

    roots: int = 1000
    modules: int = 200

    @cached_property
    def directories(self) -> tuple[str, ...]:
        """The roots: `environments/<environment>/terraform/<team>/<service>`."""
        return tuple(self._directory(number) for number in range(self.roots))

    def _directory(self, number: int) -> str:
        service, environment = divmod(number, len(ENVIRONMENTS))
        ordinal, team = divmod(service, len(TEAMS))
        return f"environments/{ENVIRONMENTS[environment]}/terraform/{TEAMS[team]}/service-{ordinal:03}"

    def used_by_root(self, number: int) -> tuple[int, ...]:
        """The modules that a root calls."""
        service = number // len(ENVIRONMENTS)
        popular = service % min(8, self.modules)
        return tuple(sorted({popular, *((service * step + step) % self.modules for step in (7, 13))}))

    def used_by_module(self, number: int) -> tuple[int, ...]:
        """The modules that a module calls: only ones of the lower half, which call none."""
        half = self.modules // 2
        if number < half or not half:
            return ()
        return tuple(sorted({(number * 3) % half, (number * 5 + 1) % half} if number % 2 else {(number * 3) % half}))

    def reached_from(self, module: int) -> frozenset[str]:
        """The roots that a change of one module reaches."""
        callers = {module} | {other for other in range(self.modules) if module in self.used_by_module(other)}
        return frozenset(self.directories[root] for root in range(self.roots) if callers & {*self.used_by_root(root)})

    def files(self) -> Files:
        """Path → content of everything."""
        found = dict(_FRAME)
        for number, directory in enumerate(self.directories):
            found.update((f"{directory}/{name}", text) for name, text in self._root(number))
        for number in range(self.modules):
            found.update((f"{_module(number)}/{name}", text) for name, text in self._module(number))
        return found

    def _root(self, number: int) -> Iterator[tuple[str, str]]:
        directory = self.directories[number]
        _, environment, _, team, service = directory.split("/")
        up = "../" * (directory.count("/") + 1)
        calls = "".join(
            _CALL.format(name=f"part_{used:03}", source=f"{up}{_module(used)}", team=team, service=service)
            for used in self.used_by_root(number)
        )
        heredoc = _HEREDOC.format(team=team) if number % 4 == 0 else ""
        yield "main.tf", _MAIN.format(service=service, team=team, calls=calls) + heredoc
        yield "variables.tf", _VARIABLES.format(team=team)
        yield "outputs.tf", "".join(_OUTPUT.format(name=f"part_{used:03}") for used in self.used_by_root(number))
        yield "terraform.tf", _SETTINGS.format(environment=environment, team=team, service=service)
        yield (
            "terraform.tfvars",
            f'environment = "{environment}"\nteam        = "{team}"\ninstances   = {number % 5 + 1}\n',
        )

    def _module(self, number: int) -> Iterator[tuple[str, str]]:
        calls = "".join(
            _CALL.format(
                name=f"inner_{used:03}", source=f"../part-{used:03}", team="platform", service=f"part-{number:03}"
            )
            for used in self.used_by_module(number)
        )
        template = _TEMPLATE if number % 7 == 0 else ""
        yield "main.tf", _MODULE.format(number=number, calls=calls) + template
        yield "variables.tf", _VARIABLES.format(team="platform")
        yield "outputs.tf", _MODULE_OUTPUT.format(number=number)
        if template:
            yield "templates/start.sh", f"#!/bin/sh\necho part {number} ${{name}}\n"


def change(repository: Monorepo, files: Files, *, module: int | None, root: int | None) -> Files:
    """The files of a second commit that changes one shared module, one root, or both."""
    directories = ([] if module is None else [_module(module)]) + (
        [] if root is None else [repository.directories[root]]
    )
    return {f"{each}/main.tf": files[f"{each}/main.tf"] + "\n# Reviewed.\n" for each in directories}


def write(directory: Path, *commits: Files) -> None:
    """A git repository with these commits, packed and checked out; each holds what differs from the one before."""
    directory.mkdir(parents=True)
    measure.git(directory, "init", "--quiet", "--initial-branch=main")
    stream = b"".join(part for number, files in enumerate(commits, 1) for part in _commit(number, files))
    measure.git(directory, "fast-import", "--quiet", stdin=stream)
    measure.git(directory, "repack", "-a", "-d", "-q")
    measure.git(directory, "reset", "--hard", "--quiet", "main")
    # Files as old as the index are read again by git (racy-git(7)); a checkout that a job does long before has none.
    later = time.time() + 2
    os.utime(directory / ".git" / "index", (later, later))


def unpack(directory: Path) -> None:
    """Writes every object of a packed repository into a file of its own."""
    objects = directory / ".git" / "objects"
    for pack in list(objects.glob("pack/*.pack")):
        outside = directory.parent / pack.name
        pack.rename(outside)
        measure.git(directory, "unpack-objects", "-q", stdin=outside.read_bytes())
        outside.unlink()
    for rest in objects.glob("pack/*"):
        rest.unlink()
    later = time.time() + 2
    os.utime(directory / ".git" / "index", (later, later))


def _commit(number: int, files: Files) -> Iterator[bytes]:
    parent = f"from :{number - 1}\n" if number > 1 else ""
    author = f"A <a@example.com> {1_700_000_000 + number} +0000"
    yield f"commit refs/heads/main\nmark :{number}\ncommitter {author}\ndata 0\n{parent}".encode()
    for path, text in files.items():
        content = text.encode()
        yield b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content)


def _module(number: int) -> str:
    return f"{MODULES}/part-{number:03}"


_FRAME = {
    "README.md": "# Infrastructure\n",
    ".github/CODEOWNERS": "* @acme/platform\n",
    ".github/workflows/plan.yml": "on: pull_request\njobs: {plan: {runs-on: any, steps: [{run: gitops-ci run}]}}\n",
}

_SETTINGS = """\
terraform {{
  required_version = ">= 1.5"

  required_providers {{
    aws = {{
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }}
  }}

  backend "s3" {{
    bucket = "acme-{environment}-state"
    key    = "{team}/{service}/terraform.tfstate"
    region = "eu-central-1"
  }}
}}

provider "aws" {{
  region = var.region
}}
"""

_MAIN = """\
# {service} of {team}. Names end in the environment, because buckets are global.
/* Costs are booked on the team's own cost centre:
   see the wiki, "module" and {{ braces }} in a comment are no code. */

locals {{
  name = "{service}-${{var.environment}}"
  tags = {{
    Team        = var.team
    Environment = var.environment
    Service     = "{service}" # shown on the bill
  }}
}}

data "aws_caller_identity" "current" {{}}
{calls}
resource "aws_s3_bucket" "artifacts" {{
  bucket = "${{local.name}}-artifacts-${{data.aws_caller_identity.current.account_id}}"
  tags   = merge(local.tags, {{ Purpose = "artifacts" }})
}}

resource "aws_s3_bucket_public_access_block" "artifacts" {{
  bucket                  = aws_s3_bucket.artifacts.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}}

resource "aws_cloudwatch_metric_alarm" "errors" {{
  count               = var.instances > 0 ? 1 : 0
  alarm_name          = "${{local.name}}-errors"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 2
  metric_name         = "5XXError"
  namespace           = "Acme/${{title(var.team)}}"
  period              = 60
  statistic           = "Sum"
  threshold           = 10
  tags                = local.tags
}}
"""

_CALL = """
module "{name}" {{
  source = "{source}"

  environment = var.environment
  team        = "{team}"
  name        = "{service}"
  instances   = var.instances
  region      = var.region
}}
"""

_HEREDOC = """
resource "aws_iam_policy" "read" {{
  name   = "${{local.name}}-read"
  policy = <<-JSON
    {{
      "Version": "2012-10-17",
      "Statement": [{{
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": "${{aws_s3_bucket.artifacts.arn}}/*",
        "Condition": {{"StringEquals": {{"aws:PrincipalTag/Team": "{team}"}}}}
      }}]
    }}
  JSON
}}
"""

_VARIABLES = """\
variable "environment" {{
  description = "development, staging or production."
  type        = string

  validation {{
    condition     = contains(["development", "staging", "production"], var.environment)
    error_message = "The environment is one of development, staging and production."
  }}
}}

variable "team" {{
  description = "Who is called at night."
  type        = string
  default     = "{team}"
}}

variable "instances" {{
  type    = number
  default = 1
}}

variable "region" {{
  type    = string
  default = "eu-central-1"
}}
"""

_OUTPUT = """
output "{name}" {{
  description = "What {name} gives to others."
  value       = module.{name}.id
}}
"""

_MODULE = """\
# Part {number}: used by many services; see its README.
variable "name" {{
  type = string
}}

locals {{
  id = "${{var.name}}-${{var.environment}}-{number:03}"
}}
{calls}
resource "aws_sqs_queue" "this" {{
  count                      = var.instances
  name                       = "${{local.id}}-${{count.index}}"
  visibility_timeout_seconds = 30
  message_retention_seconds  = 86400

  tags = {{
    Team = var.team
    Part = "{number:03}"
  }}
}}
"""

_TEMPLATE = """
resource "aws_launch_template" "this" {
  name      = local.id
  user_data = base64encode(templatefile("${path.module}/templates/start.sh", { name = var.name }))
}
"""

_MODULE_OUTPUT = """\
output "id" {{
  description = "The id of part {number}."
  value       = local.id
}}

output "queues" {{
  value = aws_sqs_queue.this[*].arn
}}
"""
