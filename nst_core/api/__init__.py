"""The REST API at `/api/v1`: runs, pictures and what they may be, for phones, scripts and other servers.

It has the pages' queue, limits, store and secrets. TensorFlow stays in the worker process.

application   the application that `serve.py` mounts
context       what its routes share
access        a request's network address, and a run's secret
gate          what a request must pass before its body is read: rate, token, room
pictures      uploaded pictures, until a run takes them
places        places for requests that take long
caching       answers that a client keeps
forms         pictures and recipes of a request
problems      errors as problem documents (RFC 9457)
resources     the answers
feed          the events of runs, for any number of listeners; `event_messages` are their bytes
description   the OpenAPI document
examples      requests and answers in it
content_type  a body of a type that its address does not read is refused
sentences     faults of a request's fields in plain words
idempotency   a request that is sent again starts nothing twice
submission    a request for a run; `waits` for its end
films         the films of runs
picture_files pictures in other formats than the stored ones
routes        the routes, a module for each group
"""

from nst_core.api.application import create, document, mounted
from nst_core.api.context import ApiContext

__all__ = ["ApiContext", "create", "document", "mounted"]
