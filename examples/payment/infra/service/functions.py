"""The functions, each with its preset: memory, timeout and permissions.

The library has a preset for each function of the context. Add your own functions below, or other presets for these.
"""

from bounded_context_infra import Preset, standard_presets

from payment.context import PAYMENT

FUNCTIONS: dict[str, Preset] = {
    **standard_presets(PAYMENT),
}
