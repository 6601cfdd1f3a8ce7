"""Applications, written or generated: which there are, and what makes each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from gitops_ci.kinds.kubernetes import cascading, values
from gitops_ci.kinds.kubernetes.reading.manifests import Declared


class Application(Struct, frozen=True, kw_only=True):
    """One Application: its whole value, and the object that makes it (itself, or an ApplicationSet).

    `read` are the files that its generators read, which decide about it as well. `cascade`: all that it deployed goes
    away with it. `kept`: its set does not remove it, as long as that is there (`applicationsSync`).
    """

    name: str
    namespace: str
    value: dict[str, Any]
    by: Declared
    cascade: bool
    kept: bool = False
    read: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What it is told by: namespace and name, and what renders to it, as several may in clusters of their own."""
        return " ".join(filter(None, (self.by.within, self.namespace))), self.name

    @property
    def generator(self) -> str:
        """The ApplicationSet that makes it; empty for one that is written."""
        return self.by.name if self.by.kind == "ApplicationSet" else ""

    @property
    def spec(self) -> dict[str, Any]:
        """Its spec; empty where it is none."""
        return values.mapping(self.value, "spec")

    @property
    def sources(self) -> tuple[dict[str, Any], ...]:
        """Its sources in order: that which is hydrated, `sources` where there are some, else the one `source`."""
        if self.hydrator:
            return (values.mapping(self.hydrator, "drySource"),)
        several = values.mappings(self.spec, "sources")
        one = values.mapping(self.spec, "source")
        return tuple(several) or ((one,) if one else ())

    @property
    def hydrator(self) -> dict[str, Any]:
        """Its `sourceHydrator`, which beats all other sources: what it renders is synced from another branch."""
        return values.mapping(self.spec, "sourceHydrator")

    @property
    def place(self) -> tuple[str, ...]:
        """Where its one source is written, or all of them."""
        if self.hydrator:
            return ("spec", "sourceHydrator", "drySource")
        return ("spec", "sources" if values.mappings(self.spec, "sources") else "source")

    @property
    def prune(self) -> bool | None:
        """Whether Argo CD deletes by itself what is no longer rendered (`syncPolicy.automated.prune`).

        None where somebody syncs by hand, who may prune or not.
        """
        automated = values.at(self.spec, "syncPolicy", "automated")
        if not isinstance(automated, dict) or automated.get("enabled") is False:
            return None
        return automated.get("prune") is True

    @property
    def project(self) -> str:
        """The AppProject that it belongs to."""
        return values.text(self.spec, "project") or "default"

    @property
    def cluster(self) -> str:
        """The name or the server of the cluster that it deploys to."""
        destination = values.mapping(self.spec, "destination")
        return values.text(destination, "name") or values.text(destination, "server")

    @property
    def target(self) -> str:
        """The namespace that it deploys to."""
        return values.text(self.spec, "destination", "namespace")

    def line_of(self, *place: str | int) -> int:
        """The line of a value of it, or the nearest in what makes it."""
        inside: tuple[str | int, ...] = ("spec", "template") if self.generator else ()
        return self.by.line_of(*inside, *place)


def written(objects: tuple[Declared, ...]) -> Iterator[Application]:
    """The Applications that stand in files."""
    for each in objects:
        if each.kind == "Application":
            value = each.manifest.value
            yield Application(
                name=each.name,
                namespace=each.namespace,
                value=value,
                by=each,
                cascade=cascading.has_finalizer(value),
            )


def made(value: dict[str, Any], by: Declared, read: tuple[str, ...]) -> Application:
    """One that an ApplicationSet makes: it gets a finalizer unless it has one or the set preserves resources."""
    own = values.listed(value, "metadata", "finalizers")
    policy = values.mapping(by.manifest.value, "spec", "syncPolicy")
    preserves = policy.get("preserveResourcesOnDeletion") is True
    return Application(
        name=values.text(value, "metadata", "name"),
        namespace=by.namespace,
        value=value,
        by=by,
        cascade=cascading.has_finalizer(value) if own or preserves else True,
        kept=policy.get("applicationsSync") in ("create-only", "create-update"),
        read=read,
    )
