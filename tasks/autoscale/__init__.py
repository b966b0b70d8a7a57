"""How many workers there should be, by the depth of the queue.

One policy (:mod:`~tasks.autoscale.policy`), carried out in three places: :mod:`~tasks.autoscale.fleet` starts and
stops worker processes on one machine, :mod:`~tasks.autoscale.pool_autoscaler` resizes the pool of one worker, and
on Kubernetes ``deploy/kubernetes/components/autoscaling`` tells the same figures to KEDA.
"""
