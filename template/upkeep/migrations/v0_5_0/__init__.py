"""The migration steps to 0.5.0: a module for each concern.

To register a step, add the module ``v0_5_0/<concern>.py`` with a function ``apply(repository, template)`` (`Step`
describes it), and this line to the list in `step`, in the order of the application::

    Step("0.5.0", "v0_5_0.<concern>", "<the change, as an instruction>"),

Its test is ``tests/upkeep/migrations/test_<concern>.py``, with the helper ``applied("v0_5_0.<concern>", ...)``.
"""
