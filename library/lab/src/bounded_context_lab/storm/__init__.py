"""The storm: faults derived from the stack's graph, each planted under load, with its alarm, its remedy and its losses.

`context rehearse storm` plants each fault on the embedded AWS. `faults` derives them, `planting` plants and lifts them,
`load` is the work meanwhile, and `storm` compares alarms, remedies and the result with the accepted work.
"""
