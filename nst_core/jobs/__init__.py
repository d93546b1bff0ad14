"""Runs that live apart from the page: a bounded line, a worker process that holds the networks, a store on disk.

desk      what pages and the API talk to; never imports TensorFlow
floor     the line and the worker: what their events mean for the runs
line      who is next
pace      how long those who wait will wait
crew      keeps a worker alive
book      runs under way in memory, all of them in the store, written behind
run       one under way, and what of it is not written yet
store     where runs are kept: `rows` of a table and `drawers` of files, or memory; `keepsakes` are their pictures,
          `timeline` which of those made on the way, `words` runs as JSON
views     a run and the worker as they are shown
looks     questions that the worker answers between two steps
pictures  what a run is made of, from the desk to the worker
process   the worker as the desk sees it: started, spoken to, ended
worker    the worker as a program: `python -m nst_core.jobs.worker`; `commands` is what it is asked
wire      the messages between the two
"""
