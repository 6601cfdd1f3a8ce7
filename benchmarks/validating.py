"""How long 5,000 manifests take to be loaded with their lines and validated, beside PyYAML's C loader alone."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks import measure
from benchmarks.measure import MB, Program, Row

_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-{0}
  namespace: shop
  labels:
    app.kubernetes.io/name: web-{0}
    app.kubernetes.io/part-of: shop
spec:
  replicas: {1}
  selector:
    matchLabels:
      app.kubernetes.io/name: web-{0}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: web-{0}
    spec:
      serviceAccountName: web-{0}
      securityContext:
        runAsNonRoot: true
      containers:
        - name: web
          image: registry.acme.example/shop/web:1.{0}.0
          args: ["--listen", ":8080"]
          envFrom:
            - configMapRef:
                name: web-{0}
          ports:
            - name: http
              containerPort: 8080
          readinessProbe:
            httpGet:
              path: /ready
              port: http
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
            limits:
              memory: 256Mi
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
"""
_SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: web-{0}
  namespace: shop
spec:
  selector:
    app.kubernetes.io/name: web-{0}
  ports:
    - name: http
      port: 80
      targetPort: {1}
"""
_CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: web-{0}
  namespace: shop
data:
  LEVEL: info
  DATABASE_HOST: database-{0}.acme.example
  NUMBER: "{1}"
"""
_POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web-{0}
  namespace: shop
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: web-{0}
  policyTypes: [Ingress]
  ingress:
    - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: ingress
      ports:
        - protocol: TCP
          port: {1}
"""
_KINDS = (_DEPLOYMENT, _SERVICE, _CONFIG, _POLICY)
_WRONG = 100  # one deployment in so many manifests has a mistake
_TIMES = 1.7


def measured(place: Path, *, quick: bool) -> list[Row]:
    """Every mistake has to be found, and no other, or it is no measurement."""
    count = 500 if quick else 5_000
    for number in range(count):
        given = "'3'" if number % _WRONG == 0 else "3"
        (place / f"{number:05}.yaml").write_text(_KINDS[number % len(_KINDS)].format(number, given))
    script = str(measure.ROOT / "benchmarks" / "validate_manifests.py")
    best = measure.alternating(
        {
            who: (Program((sys.executable, "-I", script, who, str(place), str(count // _WRONG))),)
            for who in ("ours", "loader")
        },
        rounds=2 if quick else 5,
    )
    ours, what = best["ours"], f"{count:,} manifests, loaded with lines and validated"
    return [
        measure.compared(f"{what} / PyYAML's C loader", ours.seconds, best["loader"].seconds, times=_TIMES),
        Row("peak memory of that", ours.peak_bytes, unit="B", target="≤ 400 MB", limit=400 * MB),
    ]
