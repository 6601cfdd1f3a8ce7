"""The Kustomize options of an Application's source, as what Argo CD writes into the kustomization."""

from __future__ import annotations

import re
from typing import Any

from gitops_ci.kinds.kubernetes import values

_IMAGE = re.compile(r"(?:(?P<name>[^=]+)=)?(?P<new>[^@=]+?)(?::(?P<tag>[\w][\w.-]*))?(?:@(?P<digest>[\w:]+))?")


def of(options: dict[str, Any]) -> dict[str, Any]:
    """Keys of a kustomization (util/kustomize: Build, which runs `kustomize edit`)."""
    found: dict[str, Any] = {key: options[key] for key in ("namePrefix", "nameSuffix", "namespace") if options.get(key)}
    if images := [_image(each) for each in values.texts(options, "images")]:
        found["images"] = images
    if replicas := values.mappings(options, "replicas"):
        found["replicas"] = replicas
    labels = values.mapping(options, "commonLabels")
    if labels and options.get("labelWithoutSelector") is True:
        found["labels"] = [{"pairs": labels, "includeTemplates": options.get("labelIncludeTemplates") is True}]
    elif labels:
        found["commonLabels"] = labels
    if annotations := values.mapping(options, "commonAnnotations"):
        found["commonAnnotations"] = annotations
    if patches := values.mappings(options, "patches"):
        found["patches"] = patches
    if components := values.texts(options, "components"):
        found["components"] = components
    return found


def _image(written: str) -> dict[str, str]:
    """`[name=]image[:tag][@digest]`, as `kustomize edit set image` takes it."""
    found = _IMAGE.fullmatch(written)
    if found is None:
        return {"name": written}
    image = {"name": found["name"] or found["new"]}
    if found["name"]:
        image["newName"] = found["new"]
    if found["tag"]:
        image["newTag"] = found["tag"]
    return {**image, "digest": found["digest"]} if found["digest"] else image
