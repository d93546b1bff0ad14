"""Runs apart from the page: a bounded queue, a worker process that holds the networks, and a store on disk.

service      the interface of pages and the API; never imports TensorFlow
scheduler    which run the worker gets, and what its events mean for the runs
queue        the order of waiting runs; `wait_times` estimates how long they wait
repository   active runs in memory, all runs in the store
active_run   a run under way, with the changes that are not stored yet
store        stored runs: `database` has their rows, `blobs` their files, or both are in memory; `input_files` are
             their pictures, and `snapshots` says which pictures of the way are stored
views        a run, the worker and an inspection as pages see them
inspections  questions about a layer, which the worker answers between two steps
followups    runs that follow another one, submitted as the queue has room
supervisor   keeps a worker alive; `process` is one worker seen from the service, `heartbeat` its signs of life
worker       the worker as a program: `python -m nst_core.jobs.worker`; `inbox` holds its commands
messages     the commands and events between the two; `framing` puts them on a pipe
"""
