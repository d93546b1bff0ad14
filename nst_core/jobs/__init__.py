"""Runs apart from the page: a bounded queue, worker processes that hold the networks, and a store on disk.

service      the interface of pages and the API; never imports TensorFlow
admission    lets new runs into the queue, or refuses them
orders       stops, pauses, steers, lists and hides runs for their owners
trash        deleted runs that can be restored; `stopped_runs` can go on; `undo` says which, and how long
housekeeping watches workers, ends idle runs and empties the trash, every few seconds
scheduler    assigns runs to workers, and updates the runs by the workers' events; `part_scheduler` lets workers without
             a run paint parts of films
waiting      the runs that wait: `queue` is their order, `wait_times` estimates how long they wait
pool         the workers, each with its run; `placement` decides their number and devices
repository   active runs in memory, all runs in the store; `run_cache` has the stored ones that were read lately
active_run   a run under way; `run_delta` holds its changes that are not stored yet
store        stored runs within `limits`: `blobs` (or `memory_blobs`) hold their files, `records` describes a run,
             `input_files` holds its pictures; `snapshots` selects the intermediate pictures that are stored;
             `film_files` are the film, the frames and the result of a film's run
opening      opens the folder of runs: makes the `index` of their records, and takes over runs of `legacy` versions
reading      reads a stored run; `lost_runs` says why one is gone, from the reasons noted in the `ledger`
paired_log   a file of lines and its copy, as the ledger and the votes have
eviction     makes room on a full disk; `storage_health` tracks whether runs can be stored
views        a run, the worker and an inspection as pages see them
inspections  questions about a layer, which the worker answers between two steps
voting       blind votes on pairs of results, and their tally; `votes` are what is stored of them
followups    runs that follow another one, submitted as the queue has room
executor     what the scheduler needs of a worker and of its place, as protocols; `nst_core.executors` has the places
supervisor   keeps a worker alive; `process` is one on this machine, `heartbeat` are its signs of life
worker       the worker as a program: `python -m nst_core.jobs.worker`; `inbox` holds its commands, `step_events` tells
             its steps; `film_runs` are its runs of films, `film_parts` those of parts, `film_log` is what is done
messages     the commands and events between the two; `nst_core.system.framing` puts them on a pipe
"""
