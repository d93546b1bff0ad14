"""Workers as actors of a Ray cluster.

    web process <-- pipes --> gateway process (Ray's driver) <-- Ray --> actors, each with its networks

The web process does not import Ray. Ray's driver takes 100 MB and some threads, and ends its process when the head of
the cluster is lost: in a process of its own that costs no page.

executor          the place of workers, as the job service sees it; goes on on this machine while there is no cluster
gateway_messages  the messages between the web process and the gateway
gateway           the gateway as a program; `nodes` is its view of the cluster's machines
actor             one worker in the cluster
run_files         a run's files, sent along with its commands and events: nodes need no common disk
"""
