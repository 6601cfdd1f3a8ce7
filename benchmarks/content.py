"""What the files of a generated monorepo say: as long, as nested and as repetitive as real ones are."""

FRAME = {
    "README.md": "# Infrastructure\n",
    ".github/CODEOWNERS": "* @acme/platform\n",
    ".github/workflows/plan.yml": "on: pull_request\njobs: {plan: {runs-on: any, steps: [{run: gitops-ci run}]}}\n",
}

SETTINGS = """\
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
"""

VERSIONS = """\
terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}
"""

PROVIDERS = """\
provider "aws" {{
  region = var.region

  assume_role {{
    role_arn     = "arn:aws:iam::${{local.accounts[var.environment]}}:role/{team}-deployer"
    session_name = "{service}"
  }}

  default_tags {{
    tags = local.tags
  }}
}}

locals {{
  accounts = {{
    development = "111111111111"
    staging     = "222222222222"
    production  = "333333333333"
  }}
}}
"""

MAIN = """\
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

resource "aws_s3_bucket_lifecycle_configuration" "artifacts" {{
  bucket = aws_s3_bucket.artifacts.id

  # Nothing is kept for longer than the longest audit takes.
  dynamic "rule" {{
    for_each = {{ for name, days in local.kept : name => days if days > 0 }}
    content {{
      id     = rule.key
      status = "Enabled"
      expiration {{
        days = rule.value
      }}
    }}
  }}
}}

resource "aws_ecs_service" "this" {{
  name                               = local.name
  cluster                            = data.aws_ecs_cluster.{team}.id
  task_definition                    = aws_ecs_task_definition.this.arn
  desired_count                      = var.instances
  deployment_minimum_healthy_percent = 50
  deployment_maximum_percent         = 200
  launch_type                        = "FARGATE"

  network_configuration {{
    subnets          = data.aws_subnets.private.ids
    security_groups  = [aws_security_group.this.id]
    assign_public_ip = false
  }}

  lifecycle {{
    ignore_changes = [desired_count]
  }}
}}

resource "aws_security_group" "this" {{
  name        = "${{local.name}}-{environment}"
  description = "What reaches {service}."
  vpc_id      = data.aws_vpc.main.id

  ingress {{
    from_port   = 8080
    to_port     = 8080
    protocol    = "tcp"
    cidr_blocks = [for subnet in data.aws_subnet.public : subnet.cidr_block]
  }}

  egress {{
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }}
}}
"""

CALL = """
module "{name}" {{
  source = "{source}"

  environment = var.environment
  team        = "{team}"
  name        = "{service}"
  instances   = var.instances
  region      = var.region
}}
"""

MONITORING = """\
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

  dimensions = {{
    Service     = "{service}"
    Environment = "{environment}"
  }}
}}

resource "aws_cloudwatch_metric_alarm" "latency" {{
  alarm_name          = "${{local.name}}-latency"
  alarm_description   = "{service} in {environment} answers slowly: ask {team}."
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 5
  threshold           = var.environment == "production" ? 0.5 : 2
  alarm_actions       = [aws_sns_topic.alarms.arn]

  metric_query {{
    id          = "p99"
    expression  = "FLOOR(latency * 1000) / 1000"
    label       = "p99 of ${{local.name}}"
    return_data = true
  }}

  metric_query {{
    id = "latency"
    metric {{
      metric_name = "TargetResponseTime"
      namespace   = "AWS/ApplicationELB"
      period      = 60
      stat        = "p99"
      dimensions = {{
        LoadBalancer = data.aws_lb.main.arn_suffix
      }}
    }}
  }}
}}

resource "aws_cloudwatch_log_group" "this" {{
  name              = "/acme/{team}/{service}"
  retention_in_days = var.environment == "production" ? 365 : 30
  tags              = local.tags
}}

resource "aws_sns_topic" "alarms" {{
  name = "${{local.name}}-alarms"
  tags = local.tags
}}
"""

IAM = """\
data "aws_iam_policy_document" "assume" {{
  statement {{
    actions = ["sts:AssumeRole"]
    principals {{
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }}
  }}
}}

data "aws_iam_policy_document" "run" {{
  statement {{
    sid       = "ReadParameters"
    actions   = ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"]
    resources = ["arn:aws:ssm:${{var.region}}:*:parameter/{environment}/{team}/{service}/*"]
  }}

  statement {{
    sid       = "Publish"
    actions   = ["sns:Publish", "sqs:SendMessage"]
    resources = ["*"]

    condition {{
      test     = "StringEquals"
      variable = "aws:ResourceTag/Team"
      values   = [var.team]
    }}
  }}
}}

resource "aws_iam_role" "this" {{
  name               = "${{local.name}}-{service}"
  description        = "What {service} runs as."
  assume_role_policy = data.aws_iam_policy_document.assume.json
}}

resource "aws_iam_role_policy" "run" {{
  name   = "run"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.run.json
}}

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

VARIABLES = """\
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

variable "service" {{
  description = "What the resources are called after."
  type        = string
  default     = "{service}"
}}

variable "instances" {{
  type    = number
  default = 1
}}

variable "region" {{
  type    = string
  default = "eu-central-1"
}}

variable "scaling" {{
  description = "How {service} grows and shrinks in {environment}."
  type = object({{
    minimum  = optional(number, 1)
    maximum  = optional(number, 4)
    cooldown = optional(number, 300)
    schedule = optional(list(object({{ from = string, to = string, minimum = number }})), [])
  }})
  default = {{}}

  validation {{
    condition     = var.scaling.minimum <= var.scaling.maximum
    error_message = "The minimum is at most the maximum."
  }}
}}

variable "alarms" {{
  description = "Addresses that are written to when something is wrong."
  type        = set(string)
  default     = ["{team}@acme.example"]
}}
"""

VALUES = """\
environment = "{environment}"
team        = "{team}"
service     = "{service}"
instances   = {instances}
"""

OUTPUT = """
output "{name}" {{
  description = "What {name} gives to others."
  value       = module.{name}.id
}}
"""

MODULE = """\
# Part {number}: used by many services; see its README.
variable "name" {{
  type = string
}}

locals {{
  id = "${{var.name}}-${{var.environment}}-{number:03}"
}}
{calls}
resource "aws_sqs_queue" "dead" {{
  name                      = "${{local.id}}-dead"
  message_retention_seconds = 1209600
  kms_master_key_id         = "alias/aws/sqs"
}}

resource "aws_sqs_queue" "this" {{
  count                      = var.instances
  name                       = "${{local.id}}-${{count.index}}"
  visibility_timeout_seconds = 30
  message_retention_seconds  = 86400

  redrive_policy = jsonencode({{
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = 5
  }})

  tags = {{
    Team = var.team
    Part = "{number:03}"
  }}
}}
"""

TEMPLATE = """
resource "aws_launch_template" "this" {
  name      = local.id
  user_data = base64encode(templatefile("${path.module}/templates/start.sh", { name = var.name }))
}
"""

MODULE_OUTPUT = """\
output "id" {{
  description = "The id of part {number}."
  value       = local.id
}}

output "queues" {{
  value = aws_sqs_queue.this[*].arn
}}
"""

OTHERS = (
    (
        "environments/{environment}/k8s/{team}/app-{number:04}.yaml",
        """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: app-{number}, namespace: {team}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: app-{number}}}}}
  template:
    metadata: {{labels: {{app: app-{number}}}}}
    spec: {{containers: [{{name: app, image: "acme/app-{number}:1.0"}}]}}
""",
    ),
    ("services/{team}/app-{number:04}/README.md", "# app {number}\n\nOf {team}: see the module in the wiki.\n"),
    ("services/{team}/app-{number:04}/app.py", "import os\n\nNAME = os.environ['NAME']\nprint(NAME, {number})\n"),
    ("services/{team}/app-{number:04}/settings.json", '{{"name": "app-{number}", "team": "{team}", "retries": 3}}\n'),
    (
        "shared/databases/{team}/migrations/{number:04}_orders.sql",
        "CREATE TABLE orders_{number} (id bigint PRIMARY KEY, placed_at timestamptz NOT NULL);\n",
    ),
)
"""Files of other kinds, by turns."""
