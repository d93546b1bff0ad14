"""How many visitors a server has room for: `python -m nst_core capacity`, and README.md, the page of needs.

    workload       visitors a day become runs a second, each of a method and a size
    service_times  how long a run of each kind has its worker, from this project's own estimates and measurements
    simulation     runs arrive, wait, lose patience and are served: one event after another
    queueing       the closed form of a queue with exponential times, to find a number of workers without a simulation
    needs          cores, GPUs, memory, storage and network for a number of visitors
    report         the command's output

The simulation is checked against closed forms (`tests/nst_core/capacity`), and against the real job service
(`bench queue`).
"""
