"""References beyond pods, the ports that they ask for, and selectors that fit nothing."""

from __future__ import annotations

import time

import pytest

from gitops_ci.kinds.kubernetes.rules import ports, references, selectors
from gitops_ci.kinds.kubernetes.rules.subject import Around, Subject
from tests.unit.kinds.kubernetes.rules import ends

WEB = """apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports:
    - {name: http, port: 80, targetPort: TARGET}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: a, ports: [{name: main, containerPort: 8080}]}]}
---
"""
INGRESS = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  defaultBackend: {service: {name: DEFAULT, port: {name: http}}}
  rules:
    - http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: PORT}}}}
"""
ROUTE = """apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  rules:
    - backendRefs:
        - {name: DEFAULT, port: PORT}
        - {group: x.example, kind: Thing, name: nosuch}
"""
SCALER = """apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: DEFAULT}}
"""
BINDING = """apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: KIND, name: nosuch}
"""


def subject(text: str) -> Subject:
    return ends.subject({"a.yaml": WEB.replace("TARGET", "main") + text})


@pytest.mark.parametrize(
    ("text", "line", "severity"), [(INGRESS, 21, "warning"), (ROUTE, 23, "warning"), (SCALER, 20, "warning")]
)
def test_what_is_named_has_to_be_there(text: str, line: int, severity: str) -> None:
    assert list(references.missing(subject(text.replace("DEFAULT", "web")))) == []
    [found] = references.missing(subject(text.replace("DEFAULT", "nosuch")))
    assert "nosuch` in the namespace shop is made here" in found.message
    assert (found.line, found.severity) == (line, severity)


FLUX = """apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: web}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web}
spec:
  chartRef: {kind: OCIRepository, name: CHART}
  chart: {spec: {chart: web, sourceRef: {kind: KIND, name: bitnami, namespace: NAMESPACE}}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: web}
spec:
  sourceRef: {kind: GitRepository, name: nosuch}
  dependsOn: [{name: AFTER}]
"""


def test_what_flux_takes_and_waits_for_has_to_be_there() -> None:
    """Operators make none of it; what makes a GitRepository is often outside of git."""

    def found(
        chart: str, after: str, kind: str = "GitRepository", namespace: str = "x"
    ) -> list[tuple[str, int | None]]:
        text = (
            FLUX.replace("CHART", chart).replace("AFTER", after).replace("KIND", kind).replace("NAMESPACE", namespace)
        )
        told = list(references.missing(ends.subject({"a.yaml": text})))
        assert {each.severity for each in told} <= {"warning"}
        return [(each.message.partition(": no ")[2].partition(" is made")[0], each.line) for each in told]

    assert found("web", "web") == []
    assert found("wbe", "other", "HelmRepository", "flux-system") == [
        ("OCIRepository `wbe` in the namespace shop", 9),
        ("HelmRepository `bitnami` in the namespace flux-system", 10),
        ("Kustomization `other` in the namespace shop", 17),
    ]


def test_a_role_of_the_namespace_has_to_be_there_and_one_of_the_cluster_may_be_anybodys() -> None:
    [found] = references.missing(subject(BINDING.replace("KIND", "Role")))
    assert "no Role `nosuch`" in found.message
    assert list(references.missing(subject(BINDING.replace("KIND", "ClusterRole")))) == []


def test_a_route_may_lead_into_another_namespace() -> None:
    text = ROUTE.replace("{name: DEFAULT,", "{name: web, namespace: other,")
    [found] = references.missing(subject(text))
    assert "no Service `web` in the namespace other" in found.message


@pytest.mark.parametrize(("text", "line"), [(INGRESS, 25), (ROUTE, 23)])
def test_a_port_has_to_be_one_of_the_service(text: str, line: int) -> None:
    text = text.replace("DEFAULT", "web")
    assert list(ports.missing(subject(text.replace("PORT", "80")))) == []
    [found] = ports.missing(subject(text.replace("PORT", "8080")))
    assert ("the Service web has no port 8080" in found.message, found.line) == (True, line)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("main", []), ("8080", []), ("1234", []), ("'8080'", []), ("null", []),
        ("htpp", [(None, "no pod that it selects has a port called `htpp`")]),
        ("99999", [("error", "targetPort 99999 is no port: there are 1 to 65535")]),
        ("-1", [("error", "targetPort -1 is no port: there are 1 to 65535")]),
    ],
)  # fmt: skip
def test_a_service_sends_to_a_port_that_its_pods_have(target: str, expected: list[tuple[str | None, str]]) -> None:
    found = list(ports.missing(ends.subject({"a.yaml": WEB.replace("TARGET", target)})))
    assert [(each.severity, each.message.partition(": ")[2]) for each in found] == expected
    assert all(each.line == 7 for each in found)


def test_nothing_is_said_of_the_ports_of_pods_that_are_elsewhere() -> None:
    service = WEB.partition("---")[0].replace("TARGET", "htpp")
    assert list(ports.missing(ends.subject({"a.yaml": service}))) == []


@pytest.mark.parametrize(
    ("kind", "field", "line"), [("policy/v1 PodDisruptionBudget", "selector", 20), ("networking.k8s.io/v1 NetworkPolicy", "podSelector", 20)]
)  # fmt: skip
def test_budgets_and_policies_select_pods(kind: str, field: str, line: int) -> None:
    api_version, name = kind.split()
    head = f"apiVersion: {api_version}\nkind: {name}\nmetadata: {{name: web}}\nspec: {{{field}: SELECTOR}}\n"

    def found(selector: str) -> list[tuple[str | None, int | None]]:
        told = selectors.selects_nothing(subject(head.replace("SELECTOR", selector)))
        return [(each.severity, each.line) for each in told]

    assert found("{matchLabels: {app: web}}") == found("{}") == []
    assert found("{matchExpressions: [{key: app, operator: In, values: [web]}]}") == []
    assert found("{matchLabels: {app: nope}}") == [("warning", line)]
    assert found("{matchExpressions: [{key: app, operator: DoesNotExist}]}") == [("warning", line)]


def test_a_misspelt_field_of_the_pods_is_no_service_without_pods() -> None:
    text = WEB.replace("containers:", "containrs:")
    assert list(selectors.selects_nothing(ends.subject({"a.yaml": text}))) == []


@pytest.mark.parametrize(
    ("foreign", "severity"),
    [
        ((), "warning"), ((("", "shop"),), "notice"), ((("", ""),), "notice"), ((("", "other"),), "warning"),
        ((("elsewhere", "shop"),), "warning"), ((("here", "shop"),), "notice"),
    ],
)  # fmt: skip
def test_a_chart_of_elsewhere_may_make_it_in_its_namespace_and_cluster(
    foreign: tuple[tuple[str, str], ...], severity: str
) -> None:
    own = ends.subject({"a.yaml": SCALER}, cluster="here")
    around = Around(deploying=lambda: foreign)
    given = Subject(**{name: getattr(own, name) for name in own.__struct_fields__ if name != "around"}, around=around)
    assert [each.severity for each in references.missing(given)] == [severity]


@pytest.mark.parametrize(
    ("kind", "severity"),
    [("x.example/v1 Thing", "notice"), ("argoproj.io/v1alpha1 Application", "warning"), ("monitoring.coreos.com/v1 Probe", "warning")],
)  # fmt: skip
def test_an_operator_makes_more_and_not_everybody_is_one(kind: str, severity: str) -> None:
    api_version, name = kind.split()
    more = f"---\napiVersion: {api_version}\nkind: {name}\nmetadata: {{name: a, namespace: NAMESPACE}}\n"
    for namespace, expected in (("shop", severity), ("other", "warning")):
        given = ends.subject({"a.yaml": SCALER + more.replace("NAMESPACE", namespace)})
        assert [each.severity for each in references.missing(given)] == [expected]


def test_many_services_are_not_held_against_many_pods() -> None:
    services = (WEB.partition("---")[0].replace("web}", f"s{number}}}") for number in range(1_500))
    pods = (WEB.split("---")[1].replace("app: web", f"app: web{number}") for number in range(1_500))
    given = ends.subject({"a.yaml": "---\n".join((*services, *pods))})
    started = time.process_time()
    assert len(list(selectors.selects_nothing(given))) == 1_500
    assert list(ports.missing(given)) == []
    assert time.process_time() - started < 10
