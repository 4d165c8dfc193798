"""sipview: open a capture, see its SIP calls, each as a ladder, each header explained.

The journey of one INVITE::

    capture file(s) -> records -> PacketIndex -> candidates -> Facts -> calls -> ladder events -> LadderPicture -> painted
                       capture    index          index         sip      calls    ladder          ladder           gui, export
    one opened message -> sip.Message -> explanations -> header tree and marked bytes
                          sip            explain         gui, cli

The rooms, from the top; imports point down only, rooms on one line do not know each other::

    app                        picks a front end
    gui | cli                  two front ends; cli is the standing proof that the rest needs no screen
    session                    one analysis: pipeline, snapshots, requests
    export                     pictures and tables as files
    ladder | explain           geometry | what it means
    calls                      transactions, dialogs, calls, legs
    skimming                   many messages skimmed at once
    index | sip | filter       columns | RFC 3261 | the display-filter language
    live | streams             the capture engine: interfaces to files | byte streams: TCP put together, TLS, WebSocket
    capture                    capture files
    values | environment | processes    nouns that everyone says | where we are installed | how processes beside this one start

Read first: `values`, `capture.records`, `index.columns`, `sip.facts`, `calls.model`, `ladder.picture`, `explain.message`,
`session.analysis`.
"""

import os

# Nothing here multiplies matrices, and the threads that numpy would start for that cost every command a quarter of a second.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
