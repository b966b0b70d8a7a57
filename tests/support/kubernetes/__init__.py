"""Reads the manifests for Kubernetes without a cluster, and judges who they let reach whom."""
