"""kill -9 at the durable steps and request boundaries of a command.

`python -m tests.acceptance.kills` kills at all of them, none left out. The plain run does so in the
stories that `test_kills.WHOLLY` names; in the others it kills where something lasts that did not
before: after each commit, once each write was sent, and at all that is the story's own. That leaves
out no durable step, for a kill leaves only what lasts, the files and the remote: between two
moments at which one of these changes, all kills leave the same behind, so that the first one stands
for all up to the next. A file of ours other than the state (its copy of fingerprints, locks, the
pacer's, reports, plans) is died at whenever it changes in `first_cycle`, `planning`, `rehearsing`
or `serving`, and no story may come by a kind of boundary at which none is killed.
"""
