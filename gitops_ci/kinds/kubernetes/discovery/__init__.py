"""Which stacks there are: what Argo CD and Flux deploy, and the directories that are deployed by themselves."""
