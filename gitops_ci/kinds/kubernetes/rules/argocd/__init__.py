"""The rules about Argo CD's own objects: Applications, written or generated, ApplicationSets and AppProjects."""
