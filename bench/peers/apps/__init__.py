"""The same three tasks in each library.

An app has ``SENDERS``, by the way of sending: functions of a task's name and its arguments, one argument a call.
"""
