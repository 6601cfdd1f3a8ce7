"""A repository of 5,000 files with 20 secrets and 14 things that only look like one, made anew at every run.

Everything that looks like a secret is put together from parts here, so that no scanner stumbles over this file.
"""

from __future__ import annotations

import base64
import json
import random
import string
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

_WORDS = (
    "cache", "queue", "region", "replica", "volume", "ingress", "gateway", "metric", "label", "probe", "budget",
    "quota", "window", "worker", "shard",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Corpus:
    """The files by path; `planted` says path and line of each secret and the rule that finds it."""

    files: Mapping[str, bytes]
    planted: Mapping[tuple[str, int], str]


def made(files: int = 5_000, seed: int = 7) -> Corpus:
    """The corpus; the same for the same seed."""
    maker = _Maker(random.Random(seed))  # noqa: S311 - it only has to look like one
    maker.plant()
    maker.decoys()
    maker.fill(files)
    return Corpus(maker.files, maker.planted)


class _Maker:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.files: dict[str, bytes] = {}
        self.planted: dict[tuple[str, int], str] = {}

    def word(self, length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
        """A generated word with digits and letters of both sizes."""
        while True:
            word = "".join(self.chance.choice(alphabet) for _ in range(length))
            if any(each.isdigit() for each in word) and any(each.isalpha() for each in word):
                return word

    def password(self) -> str:
        return "Gr" + self.word(4) + "-" + self.word(7)

    def encoded(self, text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    def hidden(self, path: str, text: str, rule: str = "", *, encoding: str = "utf-8") -> None:
        """A file; `§` marks the line of the secret."""
        content = textwrap.dedent(text).lstrip("\n")
        for number, line in enumerate(content.split("\n"), start=1):
            if "§" in line:
                self.planted[path, number] = f"secrets/{rule}"
        self.files[path] = content.replace("§", "").encode(encoding)

    def pem(self, kind: str) -> str:
        lines = "\n".join(self.word(64, string.ascii_letters + string.digits + "+/") for _ in range(12))
        return f"§-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----\n"

    def plant(self) -> None:
        self._tokens()
        self._kubernetes()
        self._configuration()
        self._files()

    def _tokens(self) -> None:
        base32 = string.ascii_uppercase + "234567"
        self.hidden(
            "scripts/backup.sh",
            f"""
            #!/bin/sh
            export AWS_REGION=eu-west-1
            export AWS_ACCESS_KEY_ID=§{"AK" + "IA"}{self.word(16, base32)}
            """,
            "token",
        )
        self.hidden(
            ".github/workflows/release.yml",
            f"""
            on: push
            jobs:
              release:
                runs-on: ubuntu-latest
                steps:
                  - run: gh release create
                    env:
                      GH_TOKEN: §{"gh" + "p_"}{self.word(36)}
                      OTHER: ${{{{ secrets.GH_TOKEN }}}}
            """,
            "token",
        )
        self.hidden(
            "monitoring/alertmanager.yml",
            f"""
            receivers:
              - name: ops
                slack_configs:
                  - api_url: §https://hooks.slack{".com/services"}/T{self.word(8)}/B{self.word(8)}/{self.word(24)}
            """,
            "token",
        )
        self.hidden(
            "services/app/main.go",
            f"""
            package main

            const stripeKey = "§{"sk_" + "live_"}{self.word(24)}"
            """,
            "token",
        )

    def _kubernetes(self) -> None:
        self.hidden(
            "environments/production/k8s/secret.yaml",
            f"""
            apiVersion: v1
            kind: Secret
            metadata: {{name: db}}
            data:
              username: {self.encoded("app")}
              §password: {self.encoded(self.password())}
            """,
            "kubernetes-secret",
        )
        self.hidden(
            "environments/staging/k8s/list.yaml",
            f"""
            apiVersion: v1
            kind: List
            items:
              - apiVersion: v1
                kind: Secret
                metadata: {{name: session}}
                stringData:
                  §cookie: {self.password()}
            """,
            "kubernetes-secret",
        )
        self.hidden(
            "environments/staging/k8s/deployment.yaml",
            f"""
            apiVersion: apps/v1
            kind: Deployment
            spec:
              template:
                spec:
                  containers:
                    - name: app
                      env:
                        - name: DB_PASSWORD
                          §value: {self.password()}
                        - name: DB_HOST
                          value: db.internal
            """,
            "assignment",
        )
        auths = {"auths": {"registry.internal": {"auth": self.encoded(f"robot:{self.password()}")}}}
        self.hidden(
            "environments/production/k8s/pull.yaml",
            f"""
            apiVersion: v1
            kind: Secret
            metadata: {{name: pull}}
            type: kubernetes.io/dockerconfigjson
            data:
              §.dockerconfigjson: {self.encoded(json.dumps(auths))}
            """,
            "registry-login",
        )
        self.hidden(
            "charts/shop/values.yaml",
            f"""
            replicas: 3
            postgresql:
              auth:
                existingSecret: ""
                §postgresPassword: "{self.password()}"
            """,
            "assignment",
        )
        self.hidden(
            "environments/production/k8s/kustomization.yaml",
            f"""
            secretGenerator:
              - name: api
                literals:
                  - §pin={self.password()}
            """,
            "kubernetes-secret",
        )

    def _configuration(self) -> None:
        self.hidden(
            "environments/production/terraform/variables.tf",
            """
            variable "db_login" {
              type      = string
              sensitive = true
            }
            """,
        )
        self.hidden(
            "environments/production/terraform/prod.auto.tfvars",
            f"""
            region   = "eu-west-1"
            db_login = "§{self.password()}"
            """,
            "tfvars",
        )
        self.hidden(
            "environments/production/terraform/main.tf",
            f"""
            resource "aws_db_instance" "main" {{
              username = "app"
              password = "§{self.password()}"
            }}
            """,
            "assignment",
        )
        self.hidden(
            "migrations/0003_roles.sql",
            f"""
            -- a role for the application
            CREATE ROLE app LOGIN PASSWORD §'{self.password()}';
            """,
            "sql-password",
        )
        self.hidden(
            "services/app/.env", f"DB_HOST=db\r\nDB_PASSWORD=§{self.password()}\r\n", "assignment", encoding="utf-16"
        )
        self.hidden(
            "services/app/application.properties",
            f"""
            spring.datasource.url=jdbc:postgresql://db/app
            spring.datasource.password=§{self.password()}
            """,
            "assignment",
        )
        self.hidden(
            "services/queue/settings.toml",
            f"""
            [queue]
            url = "§amqp://app:{self.word(12)}@mq.internal:5672/"
            """,
            "password-in-address",
        )

    def _files(self) -> None:
        self.hidden("deploy/id_rsa", self.pem("OPENSSH " + "PRIVATE KEY"), "private-key")
        key = self.pem("PRIVATE KEY").replace("§", "")
        account = {
            "type": "service_account",
            "project_id": "acme",
            "private_key_id": self.word(40, "0123456789abcdef"),
            "private_key": key,
            "client_email": "x@acme.iam.gserviceaccount.com",
        }
        lines = json.dumps(account, indent=2).replace('  "private_key":', '§  "private_key":')
        self.hidden("deploy/account.json", lines, "private-key")
        self.hidden(
            "deploy/kubeconfig",
            f"""
            apiVersion: v1
            kind: Config
            users:
              - name: admin
                user: {{§client-key-data: {self.encoded(key)}}}
            """,
            "private-key",
        )
        self.hidden("deploy/.netrc", f"machine git.internal\nlogin ci\npassword §{self.password()}\n", "login")

    def decoys(self) -> None:
        sealed = base64.b64encode(b"\x02\x00" + self.chance.randbytes(512 + 60)).decode()
        enc = f"ENC[AES256_GCM,data:{self.word(12)}=,iv:{self.word(43)}=,tag:{self.word(22)}==,type:str]"
        certificate = self.pem("CERTIFICATE").replace("§", "")
        self.hidden(
            "decoys/sealed.yaml",
            f"""
            apiVersion: bitnami.com/v1alpha1
            kind: SealedSecret
            metadata: {{name: db, namespace: app}}
            spec: {{encryptedData: {{password: {sealed}}}}}
            """,
        )
        self.hidden(
            "decoys/sops.yaml",
            f"""
            db: {{password: "{enc}", token: "{enc}"}}
            sops: {{mac: "{enc}", lastmodified: "2026-01-01T00:00:00Z", version: 3.9.0}}
            """,
        )
        self.hidden(
            "decoys/external.yaml",
            """
            apiVersion: external-secrets.io/v1
            kind: ExternalSecret
            spec:
              data: [{secretKey: password, remoteRef: {key: prod/db, property: password}}]
            """,
        )
        self.hidden(
            "decoys/references.yaml",
            """
            env:
              - {name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}
              - {name: API_TOKEN, value: "${API_TOKEN}"}
            password: vault:secret/data/app#password
            token: {{ .Values.token }}
            """,
        )
        self.hidden("decoys/variables.tfvars", 'db_password = ""\napi_token   = "REPLACE_ME"\n')
        self.hidden(
            "decoys/main.tf", 'resource "x" "y" {\n  password = var.password\n  token = data.vault.x.token\n}\n'
        )
        self.hidden(
            "decoys/placeholder.env",
            "DB_PASSWORD=changeme\nTOKEN=<your-token>\nAPI_KEY=xxxxxxxxxxxxxxxx\nSECRET=********\n",
        )
        self.hidden(
            "decoys/template-secret.yaml",
            f"""
            apiVersion: v1
            kind: Secret
            metadata: {{name: example}}
            data: {{password: {self.encoded("changeme")}, ca.crt: {self.encoded(certificate)}}}
            """,
        )
        self.hidden(
            "decoys/image.yaml",
            f"""
            image: registry.internal/app@sha256:{self.word(64, "0123456789abcdef")}
            checksum/secret: {self.word(64, "0123456789abcdef")}
            tokenRequestId: {"-".join(self.word(size, "0123456789abcdef") for size in (8, 4, 4, 4, 12))}
            """,
        )
        self.hidden(
            "decoys/package-lock.json",
            json.dumps(
                {"packages": {f"token-{n}": {"integrity": f"sha512-{self.encoded(self.word(64))}"} for n in range(40)}},
                indent=1,
            ),
        )
        self.hidden("decoys/.terraform.lock.hcl", f'hashes = ["h1:{self.encoded(self.word(32))}"]\n')
        self.hidden("decoys/keys.pub", f"ssh-ed25519 AAAA{self.word(64)} ci@acme\n{certificate}")
        self.hidden(
            "decoys/workflow.yml",
            """
            jobs: {a: {env: {TOKEN: "${{ secrets.TOKEN }}"}, steps: [{run: "echo ${{ secrets.NPM_TOKEN }}"}]}}
            """,
        )
        self.hidden(
            "decoys/client.py",
            """
            password = os.environ["DB_PASSWORD"]
            token = get_token(secret_name="prod-db-credentials-v2")
            PRIVATE_KEY_HEADER = "-----BEGIN PRIVATE KEY-----"
            """,
        )

    def fill(self, count: int) -> None:
        """Files as there are many: manifests, Terraform, programs, prose."""
        makers = (self._manifest, self._terraform, self._program, self._prose)
        for number in range(count - len(self.files)):
            path, text = makers[number % len(makers)](number)
            self.files[path] = text.encode()

    def _some(self) -> str:
        return self.chance.choice(_WORDS)

    def _manifest(self, number: int) -> tuple[str, str]:
        head = (
            f"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {self._some()}-{number}\nspec:\n  template:\n"
        )
        parts = [head + f"    spec:\n      containers:\n        - name: {self._some()}\n          env:\n"]
        for _ in range(12):
            name = self._some()
            parts.append(
                f"            - name: {name.upper()}_TOKEN\n              valueFrom:\n                secretKeyRef:\n"
                f"                  name: {name}-secret\n                  key: token\n"
            )
        parts.append(
            "---\napiVersion: v1\nkind: ConfigMap\ndata:\n"
            + "".join(f"  {self._some()}{n}: {self._some()}\n" for n in range(40))
        )
        return f"apps/{number % 97}/app-{number}.yaml", "".join(parts)

    def _terraform(self, number: int) -> tuple[str, str]:
        blocks = (
            f'resource "aws_sqs_queue" "{self._some()}_{n}" {{\n  name = "{self._some()}-{n}"\n'
            f"  kms_master_key_id = aws_kms_key.main.id\n  visibility_timeout_seconds = {n * 30}\n}}\n\n"
            for n in range(12)
        )
        return f"modules/{number % 89}/queue_{number}.tf", "".join(blocks)

    def _program(self, number: int) -> tuple[str, str]:
        functions = (
            f"def {self._some()}_{n}(token: str, key: str) -> None:\n    secret = load(key)\n"
            f"    password = secret.get('{self._some()}')\n"
            f"    connect('https://{self._some()}.internal/api', auth=password)\n\n"
            for n in range(12)
        )
        return f"services/{number % 83}/client_{number}.py", "".join(functions)

    def _prose(self, number: int) -> tuple[str, str]:
        lines = (
            f"The {self._some()} of the {self._some()} is kept in the {self._some()}, and its token in a secret.\n"
            for _ in range(30)
        )
        return f"docs/{number % 79}/page-{number}.md", "".join(lines)
