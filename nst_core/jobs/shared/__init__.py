"""A store of runs that several servers share: rows in PostgreSQL, files in an object store that speaks S3.

database     connections to PostgreSQL, and its tables
rows         the index of stored runs
ledgers      why runs were removed, and the votes
objects      the files of runs, and this server's copies of those that a worker needs on a disk
claims       the queue, and which server has which run
opening      opens all of them; builds rows from records; copies runs from a folder
sharing      passes runs between this server's job service and the others'
queue        the queue of all servers, as this one last read it
orders       passes on what owners want of runs that another server has

Records are the truth, and rows an index of them, as in a folder. A server that has its store alone imports nothing of
this, nor the packages of requirements-cluster.txt.
"""
