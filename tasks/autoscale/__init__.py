"""How many workers there should be, by the depth of the queue.

One policy (:mod:`~tasks.autoscale.policy`) and what carries it out: :mod:`~tasks.autoscale.fleet` starts and
stops worker processes on one machine, :mod:`~tasks.autoscale.scaler` grows and shrinks the pool of one worker, and
on Kubernetes ``deploy/kubernetes/autoscaling.yaml`` says the same to KEDA.
"""
