"""Which preset a repository is judged against."""

from __future__ import annotations

import pytest

from gitops_ci.config import DEFAULT, Config, Environment, Layout, Preset, StackPattern
from gitops_ci.discover import layout, snapshot
from gitops_ci.discover.layout import presets


def guessed(*paths: str, config: Config = DEFAULT) -> Preset | None:
    chosen = layout.choose(snapshot.of(dict.fromkeys(paths, "")), config)
    assert not chosen.declared
    return chosen.preset


@pytest.mark.parametrize(
    ("paths", "preset"),
    [
        (["environments/production/k8s/a.yaml", "environments/production/terraform/main.tf"], "article"),
        (["environments/prod/databases/001.sql"], "article"),
        (["environments/prod/tf/main.tf", "environments/prod/helm/a.yaml"], "article"),
        (["environments/prod/tf/main.tf", "environments/prod/a/main.tf", "environments/prod/b/main.tf"], "flat"),
        (["environments/prod/main.tf"], "flat"),
        (["environments/prod/network/main.tf", "environments/dev/network/main.tf"], "flat"),
        (["terraform/environments/staging/main.tf", "app/main.py"], "terraform-environments"),
        (["main.tf", "modules/vpc/main.tf"], "multi-repo"),
        (["migrations/001.sql"], "multi-repo"),
        (["apps/a/kustomization.yaml", "charts/b/Chart.yaml"], "multi-repo"),
        (["main.tf", "migrations/001.sql"], None),
        (["environments/site/inventory", "environments/other/inventory"], None),
        (["environments/eu/main.tf", "migrations/001.sql"], None),
        (["src/main.py"], None),
        ([], None),
    ],
)
def test_the_one_that_fits_is_chosen(paths: list[str], preset: Preset | None) -> None:
    assert guessed(*paths) == preset


def test_environments_are_those_of_the_configuration() -> None:
    config = Config(environments=(Environment(name="eu"),))
    assert guessed("environments/eu/main.tf", config=config) == "flat"
    assert guessed("environments/production/main.tf", config=config) == "multi-repo"


def test_the_declared_one_is_chosen_whatever_is_there() -> None:
    config = Config(layout=Layout(preset="terraform-environments"))
    assert layout.choose(snapshot.of({"environments/prod/k8s/a": ""}), config) == ("terraform-environments", True)


def test_nothing_is_guessed_where_stacks_are_described() -> None:
    config = Config(layout=Layout(stacks=(StackPattern(kind="terraform", path="environments/{environment}"),)))
    assert guessed("environments/prod/main.tf", config=config) is None


def test_links_to_folders_count_as_folders() -> None:
    seen = snapshot.of(
        {"environments/dev/main.tf": "", "x": ""}, links={"environments/prod": "dev", "environments/a": "../x"}
    )
    assert presets.folders(seen, "environments") == ("dev", "prod")
    assert presets.environment_folders(seen, DEFAULT, "environments") == {"dev": "development", "prod": "production"}


def test_submodules_count_as_folders() -> None:
    seen = snapshot.of({"environments/dev/main.tf": "", "environments/prod": ""})
    entries = {**seen.entries, "environments/prod": snapshot.Entry(snapshot.SUBMODULE, "0" * 40)}
    seen = snapshot.Snapshot(commit=None, tree="", entries=entries, blobs=snapshot.of({})._blobs)
    assert presets.folders(seen, "environments") == ("dev", "prod")
