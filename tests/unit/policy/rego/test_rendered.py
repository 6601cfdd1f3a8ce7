"""What stacks render to is judged in place of the files that it comes from, at the lines of those."""

from __future__ import annotations

from typing import Any

from gitops_ci.config import RegoPolicies
from gitops_ci.model import stack
from gitops_ci.model.finding import Finding
from gitops_ci.policy.documents.yaml_documents import Place
from gitops_ci.policy.rego import step, subject
from gitops_ci.policy.scope import Made, Rendering
from tests.unit.policy.rego.rego_bed import Fake, check, read, scope

POLICY = {"p/a.rego": "package adm\ndeny contains msg if input.request.object.spec.root\n"}
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {root: true}\n"
FILES = {**POLICY, "base/pod.yaml": POD, "web/kustomization.yaml": "resources: [../base]\nimages: [{name: a}]\n"}
WEB = stack.make(environment="production", kind="kubernetes", name="web", path="web")
INSTEAD = frozenset({"base/pod.yaml", "web/kustomization.yaml"})


def denied(given: Any) -> Any:
    review = given["request"]
    if not review["object"]["spec"].get("root"):
        return []
    return [{"msg": f"root: {review['operation']}", "path": ["spec", "root"]}]


def made(root: bool = True, place: tuple[str, int] = ("web/patch.yaml", 7), owner: str = "web") -> Made:
    def where(inside: Place) -> tuple[str, int]:
        return place if inside == ("spec", "root") else ("base/pod.yaml", 1)

    value = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": owner}, "spec": {"root": root}}
    return Made(value=value, stack=f"production/kubernetes/{owner}", directory=owner, where=where)


def told(*head: Made, base: tuple[Made, ...] | None = None, files: str = "") -> list[Finding]:
    asked = [RegoPolicies(path="p", files=(files,) if files else ())]
    some = scope(
        FILES,
        None if base is None else FILES,
        rego=asked,
        stacks={WEB.id: WEB},
        rendered_head=Rendering(objects=head, instead_of=INSTEAD),
        rendered_base=Rendering(objects=base or (), instead_of=INSTEAD),
    )
    found = check(some, Fake({"data.adm.deny": denied}))
    return [each for each in found.findings if each.rule != "rego/selects-nothing"]


def test_the_file_is_not_judged_by_itself_and_the_finding_is_where_the_field_is_set() -> None:
    [found] = told(made())
    assert (found.path, found.line, found.stack) == ("web/patch.yaml", 7, "production/kubernetes/web")
    assert found.message == "root: CREATE"
    assert told(made(root=False)) == []


def test_what_is_not_rendered_is_judged_as_it_is_written() -> None:
    some = scope(FILES, rego=[RegoPolicies(path="p")])
    found = check(some, Fake({"data.adm.deny": denied})).findings
    assert {(each.rule, each.path) for each in found} == {
        ("rego/adm", "base/pod.yaml"),
        ("rego/kustomization", "web/kustomization.yaml"),
    }


def test_what_stacks_render_of_one_file_is_told_once() -> None:
    place = ("base/pod.yaml", 4)
    found = told(made(place=place), made(place=place, owner="other"))
    assert len(set(found)) == 1
    assert found[0].stack is None


def test_what_base_renders_already_is_existing() -> None:
    assert [(each.state, each.message) for each in told(made(), base=(made(),))] == [("existing", "root: UPDATE")]
    assert [each.state for each in told(made(), base=(made(root=False),))] == ["new"]
    assert [each.state for each in told(made(root=False), base=(made(),))] == ["fixed"]


def test_a_policy_for_some_files_is_asked_of_what_comes_from_them_or_belongs_to_their_stack() -> None:
    assert len(told(made(), files="base/**")) == 1
    assert len(told(made(), files="web/**")) == 1
    assert told(made(), files="other/**") == []


def test_a_rendering_is_no_longer_what_a_kustomization_takes() -> None:
    seen: list[Any] = []

    def deny(given: Any) -> Any:
        seen.append(given["gitops_ci"])
        return []

    some = scope(
        FILES,
        rego=[RegoPolicies(path="p")],
        stacks={WEB.id: WEB},
        owners=dict.fromkeys(INSTEAD, (WEB.id,)),
        rendered_head=Rendering(objects=(made(),), instead_of=INSTEAD),
    )
    step.check(some, read(some), lambda: Fake({"data.adm.deny": deny}), subject=subject.of(some))
    assert [each.get("kustomized") for each in seen] == [None]
    assert seen[0]["environment"] == "production"
