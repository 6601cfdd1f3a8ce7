"""The rule flux/variable-unset: what a Kustomization of Flux puts into a rendering, and nobody gives."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.kinds.kubernetes.flux import deployed, substitution
from gitops_ci.kinds.kubernetes.flux.origins import Origins
from gitops_ci.kinds.kubernetes.reading.manifests import Declared
from gitops_ci.kinds.kubernetes.reading.repositories import Repositories
from gitops_ci.kinds.kubernetes.reading.repository import Repository
from gitops_ci.kinds.kubernetes.rules.told import Told
from gitops_ci.kinds.kubernetes.sources import Kustomization

VARIABLE_UNSET = "flux/variable-unset"
_MOST = 20
"""Variables of one Kustomization that are told: more are one mistake."""


def unset(by: Declared, repository: Repository, repositories: Repositories, known: Origins) -> Iterator[Told]:
    """Variables without a default that no `substitute` gives, in the manifests that a Kustomization takes.

    Where the cluster gives some nobody can tell. Generated ConfigMaps are substituted as well, by their files.
    """
    found = deployed.kustomization(by, repository, known, repositories) if by.kind == "Kustomization" else None
    for source in found.sources if found is not None else ():
        if not isinstance(source, Kustomization) or source.variables is None or not source.has_all_variables:
            continue
        given = {name for name, _ in source.variables}
        told = 0
        for path, used in repository.snapshot.facts(_files(source, repository), substitution.used).items():
            for name, line in used:
                if name not in given and told < _MOST:
                    told += 1
                    said = f"Kustomization {by.name}: nobody gives the variable {name}, which becomes empty"
                    yield Told(rule=VARIABLE_UNSET, message=said, path=path, line=line)


def _files(source: Kustomization, repository: Repository) -> list[str]:
    tree, resolve = repository.kustomizations, repository.snapshot.resolve
    starts = [resolve(each) or each for each in (source.path, *source.files, *source.components)]
    taken = set[str]()
    for each in tree.reached(starts):
        # Annotations of generatorOptions are in no file that is generated from.
        left_alone = each in tree.files and repository.names(tree.files[each], substitution.DISABLING)
        targets = tree.targets.get(each, ())
        taken |= {target.path for target in targets if not (left_alone and target.entry.use == "file")}
    return sorted(path for each in (*taken, *starts) if (path := resolve(each) or each) in repository.snapshot)
