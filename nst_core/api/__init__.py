"""The REST API at `/api/v1`: runs, pictures and the choices for them, for phones, scripts and other servers.

It shares the queue, the limits, the store and the secrets of the pages. TensorFlow stays in the worker process.

application   the application that `serve.py` mounts
context       the state that its routes share
access        the network address of a request, and the secret of a run's owner
gate          checks before a request's body is read: rate, token, free memory
pictures      uploaded pictures that wait for a run
concurrency   a limited number of places for requests that take long
caching       answers that a client may cache
form_fields   refuses fields of a form that the route does not read
forms         pictures, films and recipes of a request
heads         HEAD is answered like GET
problems      errors as problem documents (RFC 9457)
resources     the answers
feed          the events of runs, for any number of listeners; `event_messages` are their bytes
description   the OpenAPI document
examples      requests and answers in it
cors          which web pages of other sites may call it
content_type  refuses a body whose content type the route does not read
validation_messages  faults of a request in plain words
idempotency   a repeated request starts no second run
submission    the submission of a run; `waits` waits for its end
films         the time-lapses of runs
picture_files pictures in other formats than the stored ones
routes        the routes, a module for each group
"""

from nst_core.api.application import create, document, mounted
from nst_core.api.context import ApiContext

__all__ = ["ApiContext", "create", "document", "mounted"]
