"""Runs that live apart from the page: a bounded queue, and a worker process that holds the networks.

desk     what pages and the API talk to; holds jobs and the queue, never imports TensorFlow
line     who is next
pictures what a run is made of, from the desk to the worker
process  the worker as the desk sees it: started, spoken to, restarted
worker   the worker as a program: `python -m nst_core.jobs.worker`
wire     the messages between the two
"""
