"""``make bench-peers``: the fast lane beside the task queues that others use, each as its documentation says."""
