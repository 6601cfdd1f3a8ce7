"""Repositories of kustomize for benchmarks: one base under many overlays, each an Application of Argo CD."""

from __future__ import annotations

from pathlib import Path

from benchmarks import measure

REMOTE = "https://git.example.com/acme/shop.git"
_BASE = {
    "kustomization.yaml": """resources: [deployment.yaml, service.yaml, ingress.yaml, account.yaml, scaler.yaml,
  budget.yaml]
configMapGenerator:
- name: settings
  files: [app.properties]
""",
    "app.properties": "".join(f"key.{number} = value {number}\n" for number in range(40)),
    "deployment.yaml": """apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      serviceAccountName: shop
      containers:
      - name: web
        image: example/shop:TAG
        ports: [{containerPort: 8080}]
        envFrom: [{configMapRef: {name: settings}}]
        resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {memory: 256Mi}}
""",
    "service.yaml": """apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {selector: {app: shop}, ports: [{port: 80, targetPort: 8080}]}
""",
    "ingress.yaml": """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  rules:
  - host: shop.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: shop, port: {number: 80}}}}]}
""",
    "account.yaml": "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: shop}\n",
    "scaler.yaml": """apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}, minReplicas: 2, maxReplicas: 5}
""",
    "budget.yaml": """apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: shop}
spec: {minAvailable: 1, selector: {matchLabels: {app: shop}}}
""",
}
_TAKES = "resources: [../../base]\npatches:\n- path: replicas.yaml\n"
_NAMED = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\n"
_APPLICATION = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: shop-{0:03}, namespace: argocd}}
spec:
  project: default
  source: {{repoURL: {1}, path: tenants/t{0:03}, targetRevision: HEAD}}
  destination: {{server: https://kubernetes.default.svc, namespace: tenant-{0}}}
  syncPolicy: {{automated: {{prune: true}}}}
"""


def write(place: Path, tenants: int) -> None:
    """A repository of one commit: `base/`, and `tenants/tNNN` over it, each with an Application in `apps/`."""
    for name, content in _BASE.items():
        _write(place / "base" / name, content.replace("TAG", "1.0"))
    for number in range(tenants):
        overlay = f"namespace: tenant-{number}\nnamePrefix: t{number}-\n{_TAKES}"
        replicas = f"{_NAMED}spec: {{replicas: {number % 5 + 1}}}\n"
        _write(place / f"tenants/t{number:03}/kustomization.yaml", overlay)
        _write(place / f"tenants/t{number:03}/replicas.yaml", replicas)
        _write(place / f"apps/t{number:03}.yaml", _APPLICATION.format(number, REMOTE))
    measure.git(place, "init", "--quiet", "--initial-branch=main")
    commit(place, "base")


def change(place: Path, path: str, old: str, new: str, branch: str) -> None:
    """A branch off main on which one text in one file is another one."""
    measure.git(place, "checkout", "--quiet", "-B", branch, "main")
    before = (place / path).read_text(encoding="utf-8")
    _write(place / path, before.replace(old, new))
    commit(place, branch)


def commit(place: Path, message: str) -> None:
    """Everything that is there."""
    measure.git(place, "add", "--all")
    identity = ("-c", "user.name=bench", "-c", "user.email=bench@example.com")
    measure.git(place, *identity, "commit", "--quiet", "--no-gpg-sign", "-m", message)


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
